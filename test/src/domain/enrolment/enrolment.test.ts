import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  ClientRecord,
  ClientRecordOperation,
  ClientRecordRequests,
} from '../../../../src/domain/clients/clientRecord.js';
import { judgeRedemption, judgeRenewal } from '../../../../src/domain/enrolment/enrolment.js';
import { createClientRecord } from '../../../../src/entities/clientRecord.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';

const by = { operation: 'client.run', actor: 'operator' };
const START = Date.parse('2026-03-01T12:00:00.000Z');
const HOUR = 3_600_000;
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

const coordinate = (name: string) => name.padEnd(43, 'A');
const keysOf = (name: string) => ({
  signing: { kty: 'OKP', crv: 'Ed25519', x: coordinate(name) } as const,
  sealing: { kty: 'OKP', crv: 'X25519', x: coordinate(`s${name}`) } as const,
});

type Signal = {
  readonly [Operation in ClientRecordOperation]: {
    readonly operation: Operation;
    readonly request: Omit<ClientRecordRequests[Operation], 'by'>;
  };
}[ClientRecordOperation];

const enrol = (hash: string, seconds: number, lifetime = HOUR): Signal => ({
  operation: 'enrol',
  request: {
    enrolment: { hash, issuedAt: at(seconds), expiresAt: new Date(Date.parse(at(seconds)) + lifetime).toISOString() },
  },
});
const redeem = (hash: string, key: string, seconds: number): Signal => ({
  operation: 'redeem',
  request: { redemption: { hash, keys: keysOf(key), thumbprint: key, at: at(seconds) } },
});
const renew = (from: string, to: string, seconds: number): Signal => ({
  operation: 'renewKeys',
  request: { renewal: { from, keys: keysOf(to), thumbprint: to, at: at(seconds) } },
});
const withdraw = (hash: string): Signal => ({ operation: 'withdrawEnrolment', request: { hash } });
const revoke = (seconds: number): Signal => ({ operation: 'revoke', request: { at: at(seconds), until: at(seconds) } });
const clear = (seconds: number): Signal => ({ operation: 'clearRevocation', request: { effectiveAt: at(seconds) } });
const offboard = (seconds: number): Signal => ({
  operation: 'beginOffboarding',
  request: { requestedAt: at(seconds) },
});
const forget: Signal = { operation: 'forget', request: {} };

/** What the record is after one more signal. @param seconds the entity's time */
async function after(record: ClientRecord, { operation, request }: Signal, seconds: number): Promise<ClientRecord> {
  const call = { operation, request: { ...request, by } } as EntityCall<ClientRecordRequests>;
  return (await createClientRecord(['vault'])(call, record, new Date(at(seconds)), 'key')).state;
}

async function afterAll(signals: readonly Signal[], seconds = 100): Promise<ClientRecord> {
  let record: ClientRecord = {};
  for (const signal of signals) record = await after(record, signal, seconds);
  return record;
}

const verdict = (record: ClientRecord, hash: string, thumbprint: string, seconds: number) =>
  judgeRedemption(record, { hash, thumbprint, at: at(seconds) });

describe('a join token', () => {
  test('lets in the first key, and answers this key the same again', async () => {
    const record = await afterAll([enrol('t1', 1), redeem('t1', 'k1', 2), redeem('t1', 'k2', 2)]);
    expect(record.joined).toEqual({
      keys: keysOf('k1'),
      thumbprint: 'k1',
      token: 't1',
      joinedAt: at(2),
      keysSince: at(2),
    });
    expect(['k1', 'k2'].map((key) => verdict(record, 't1', key, 9))).toEqual(['joined', 'used']);
  });

  test('ends at its time, and a redemption that came in time is not late', async () => {
    const open = await afterAll([enrol('t1', 0, 5000)]);
    expect([4, 5, 6].map((seconds) => verdict(open, 't1', 'k1', seconds))).toEqual(['open', 'expired', 'expired']);
    expect((await after(open, redeem('t1', 'k1', 4), 60)).joined?.thumbprint).toBe('k1');
    expect((await after(open, redeem('t1', 'k1', 5), 60)).joined).toBeUndefined();
  });

  test('is replaced by a later one, and the device that has joined stays until that is used', async () => {
    const record = await afterAll([enrol('t1', 1), redeem('t1', 'k1', 2), enrol('t2', 3)]);
    expect(['t1', 't2'].map((hash) => verdict(record, hash, 'k1', 9))).toEqual(['joined', 'open']);
    const rebuilt = await after(record, redeem('t2', 'k2', 4), 5);
    expect(rebuilt.joined?.thumbprint).toBe('k2');
    expect(verdict(rebuilt, 't1', 'k1', 9)).toBe('unknown');
  });

  test('that was withdrawn is unknown, also when its issue comes again, and a later one is open', async () => {
    const record = await afterAll([enrol('t1', 1), withdraw('t1'), enrol('t1', 1)]);
    expect(verdict(record, 't1', 'k1', 2)).toBe('unknown');
    expect(verdict(await after(record, enrol('t2', 2), 3), 't2', 'k1', 3)).toBe('open');
  });

  test('that a device has used is not withdrawn, nor is a later one', async () => {
    const used = await afterAll([enrol('t1', 1), redeem('t1', 'k1', 2)]);
    expect(await after(used, withdraw('t1'), 3)).toEqual(used);
    const later = await afterAll([enrol('t1', 1), enrol('t2', 2)]);
    expect(await after(later, withdraw('t1'), 3)).toEqual(later);
  });
});

describe('a revocation, and an offboarding', () => {
  test.each([
    ['revocation', [revoke(5)]],
    ['offboarding that begins', [offboard(5)]],
    ['offboarding that ends', [forget]],
  ])('%s ends key and token at once, and the client stays known', async (_, end) => {
    const signals = [enrol('t1', 1), redeem('t1', 'k1', 2), enrol('t2', 3), ...end];
    const record = await afterAll(signals, 6);
    expect([record.joined, record.enrolment]).toEqual([undefined, undefined]);
    expect(record.knownSince).toBeDefined();
    expect([verdict(record, 't1', 'k1', 6), verdict(record, 't2', 'k2', 6)]).toEqual(['unknown', 'unknown']);
    expect(judgeRenewal(record, { from: 'k1', thumbprint: 'k3' })).toBe('refused');
  });

  test('ends a token of a host whose clock is ahead for good, also if its issue comes again', async () => {
    const record = await afterAll([enrol('t1', 7), revoke(5), clear(200), enrol('t1', 7)], 6);
    expect(record.enrolment).toBeUndefined();
    expect((await after(record, enrol('t2', 8), 9)).enrolment?.hash).toBe('t2');
  });

  test('that was cleared since brings no earlier token back', async () => {
    const record = await afterAll([revoke(5), clear(200), enrol('t1', 1)], 6);
    expect(record.enrolment).toBeUndefined();
    expect((await after(record, enrol('t2', 7), 8)).enrolment?.hash).toBe('t2');
  });
});

describe('a renewal', () => {
  test('replaces the current key, and is answered the same again', async () => {
    const record = await afterAll([enrol('t1', 1), redeem('t1', 'k1', 2), renew('k1', 'k2', 3), renew('k1', 'k3', 4)]);
    expect(record.joined).toMatchObject({ thumbprint: 'k2', renewedFrom: 'k1', joinedAt: at(2), keysSince: at(3) });
    const judge = (from: string, thumbprint: string) => judgeRenewal(record, { from, thumbprint });
    expect([judge('k1', 'k2'), judge('k1', 'k3'), judge('k2', 'k3')]).toEqual(['renewed', 'refused', 'open']);
    expect(verdict(record, 't1', 'k1', 9)).toBe('used');
  });

  test('that comes late takes no keys from a device that joined with the same key again', async () => {
    const signals = [
      enrol('t1', 1),
      redeem('t1', 'k1', 2),
      renew('k1', 'k2', 3),
      enrol('t2', 4),
      redeem('t2', 'k1', 5),
    ];
    expect((await afterAll([...signals, renew('k1', 'k2', 3)])).joined?.thumbprint).toBe('k1');
  });
});

/** One of several hosts, devices or operators: what they do in the order of time. Each key is made once. */
const intentions = fc.array(
  fc.oneof(
    fc.constant({ kind: 'enrol' } as const),
    fc.record({ kind: fc.constant('redeem' as const), token: fc.nat(5) }),
    fc.record({ kind: fc.constant('renew' as const), from: fc.nat(8) }),
    fc.record({ kind: fc.constant('withdraw' as const), token: fc.nat(5) }),
    fc.constantFrom({ kind: 'revoke' } as const, { kind: 'clear' } as const, { kind: 'offboard' } as const),
    fc.constant({ kind: 'forget' } as const),
  ),
  { minLength: 1, maxLength: 25 },
);

/** What each intention sends. `seconds`: when it was sent. */
function toSignals(given: readonly (typeof intentions extends fc.Arbitrary<infer All> ? All : never)[number][]) {
  const tokens: string[] = [];
  const keys: string[] = [];
  return given.flatMap((intention, index): { readonly signal: Signal; readonly seconds: number }[] => {
    const seconds = 2 * index;
    const sent = (signal: Signal) => [{ signal, seconds }];
    switch (intention.kind) {
      case 'enrol':
        tokens.push(`t${index}`);
        return sent(enrol(`t${index}`, seconds));
      case 'redeem': {
        const token = tokens.at(intention.token % Math.max(1, tokens.length));
        keys.push(`k${index}`);
        return token === undefined ? [] : sent(redeem(token, `k${index}`, seconds));
      }
      case 'renew': {
        const from = keys.at(intention.from % Math.max(1, keys.length));
        keys.push(`k${index}`);
        return from === undefined ? [] : sent(renew(from, `k${index}`, seconds));
      }
      case 'withdraw': {
        const token = tokens.at(intention.token % Math.max(1, tokens.length));
        return token === undefined ? [] : sent(withdraw(token));
      }
      case 'revoke':
        return sent(revoke(seconds));
      case 'clear':
        return sent(clear(seconds));
      case 'offboard':
        return sent(offboard(seconds));
      case 'forget':
        return sent(forget);
    }
  });
}

/** Signals in any order, some twice, some never; none before it was sent. */
const deliveries = intentions.chain((given) => {
  const sent = toSignals(given);
  return fc
    .array(fc.record({ nth: fc.nat(Math.max(0, sent.length - 1)), late: fc.nat(60) }), { maxLength: 60 })
    .map((some) =>
      [...sent.map((one) => ({ ...one, late: 1 })), ...some.flatMap(({ nth, late }) => ({ ...sent[nth], late }))]
        .flatMap(({ signal, seconds, late }) =>
          signal === undefined || seconds === undefined ? [] : [{ signal, seconds: seconds + late }],
        )
        .toSorted((left, right) => left.seconds - right.seconds),
    );
});

/** Seconds at which the device's token, from whose redemption this key comes, was issued. */
function issuedAt(key: string, delivered: readonly { readonly signal: Signal }[]): number {
  for (const { signal } of delivered) {
    if (signal.operation === 'redeem' && signal.request.redemption.thumbprint === key)
      return 2 * Number(signal.request.redemption.hash.slice(1));
    if (signal.operation === 'renewKeys' && signal.request.renewal.thumbprint === key)
      return issuedAt(signal.request.renewal.from, delivered);
  }
  throw new Error(`Nothing was delivered for key ${key}.`);
}

describe('signals in any order and number', () => {
  test('never let in a key that was ended, or a second key by one token', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async (delivered) => {
        let record: ClientRecord = {};
        let endedAt = -1;
        const ended = new Set<string>();
        const usedBy = new Map<string, string>();
        const faults: string[] = [];
        for (const { signal, seconds } of delivered) {
          const before = record;
          record = await after(record, signal, seconds);
          const [key, earlier] = [record.joined?.thumbprint, before.joined?.thumbprint];
          const ends = ['revoke', 'beginOffboarding', 'forget'].includes(signal.operation);
          if (ends) endedAt = seconds;
          if (ends && (record.joined ?? record.enrolment)) faults.push(`${signal.operation} has left access`);
          if (earlier !== undefined && earlier !== key) ended.add(earlier);
          if (key !== undefined && ended.has(key)) faults.push(`${key} has come back`);
          if (key !== undefined && issuedAt(key, delivered) <= endedAt) faults.push(`${key} has an ended token`);
          const { hash = '', usedBy: user } = record.enrolment ?? {};
          if (user === undefined) continue;
          if ((usedBy.get(hash) ?? user) !== user) faults.push(`${hash} was used twice`);
          usedBy.set(hash, user);
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('never strand a device that repeats its own redemption or renewal', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, fc.array(fc.nat(59), { maxLength: 10 }), async (delivered, again) => {
        let record: ClientRecord = {};
        for (const { signal, seconds } of delivered) record = await after(record, signal, seconds);
        // A new token, its device, and whatever of the past comes once more in between.
        const now = 1000;
        const past = again.flatMap((nth) => delivered[nth] ?? []);
        const late = past.filter(({ signal }) => !['revoke', 'beginOffboarding', 'forget'].includes(signal.operation));
        const device: readonly Signal[] = [
          enrol('t999', now),
          redeem('t999', 'k999', now + 1),
          renew('k999', 'k1000', now + 2),
        ];
        const verdicts: string[] = [];
        for (const own of device) {
          for (const { signal } of late) record = await after(record, signal, now + 5);
          record = await after(record, own, now + 5);
          for (const { signal } of late) record = await after(record, signal, now + 5);
          verdicts.push(
            verdict(record, 't999', 'k999', now + 5),
            judgeRenewal(record, { from: 'k999', thumbprint: 'k1000' }),
          );
        }
        expect(verdicts).toEqual(['open', 'refused', 'joined', 'open', 'used', 'renewed']);
      }),
      { numRuns: 1000 },
    );
  });

  test('end with the same token, whichever of two of one instant comes first', async () => {
    const [one, other] = [enrol('ta', 1), enrol('tb', 1)];
    expect(await afterAll([one, other, one])).toEqual(await afterAll([other, one, other]));
  });
});
