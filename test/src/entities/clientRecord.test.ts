import { describe, expect, test } from 'vitest';
import type {
  ClientRecord,
  ClientRecordOperation,
  ClientRecordRequests,
} from '../../../src/domain/clients/clientRecord.js';
import { vaultOfKey } from '../../../src/domain/vaults/clientVault.js';
import { createClientRecord } from '../../../src/entities/clientRecord.js';
import type { EntityCall } from '../../../src/domain/operations/entityCall.js';

const HOSTS = ['a.vault.azure.net', 'b.vault.azure.net'] as const;
const KEY = 'myregistry-edge-client-0123456789abcdef';
/** The vault that follows from the key. */
const vault = vaultOfKey(KEY, HOSTS);
const clientRecord = createClientRecord(HOSTS);

const by = { operation: 'client.run', actor: 'function-key' };
const EARLY = '2026-03-01T12:00:00.000Z';
const LATE = '2026-03-01T12:00:01.000Z';
/** When a revocation that is disabling counts as lost. */
const OVER = '2026-03-01T12:15:00.000Z';
const disabling = [{ operation: by.operation, until: OVER }];

/** What a record keeps of the end of all access, so that nothing older comes back. */
const endedAt = (at: string) => ({ tokensEndedAt: at, keysEndedAt: at, polling: { decidedAt: at } });

/** How a run ended, without its id. */
const END = { kind: 'rotate', actor: 'sweep', startedAt: EARLY, endedAt: LATE, status: 'completed' } as const;

const send = <Operation extends ClientRecordOperation>(
  record: ClientRecord,
  operation: Operation,
  request: Omit<ClientRecordRequests[Operation], 'by'>,
  now = EARLY,
) =>
  clientRecord(
    { operation, request: { ...request, by } } as EntityCall<ClientRecordRequests>,
    record,
    new Date(now),
    KEY,
  );

describe('a run that begins', () => {
  test('continues if nothing is known about the client', async () => {
    expect(await send({}, 'begin', { requestedAt: EARLY })).toEqual({
      state: {},
      outcome: { kind: 'done', value: { vault } },
    });
  });

  test('is refused if the client was revoked after its request, and the revocation stays', async () => {
    const record = { revokedAt: LATE };
    const { state, outcome } = await send(record, 'begin', { requestedAt: EARLY });
    expect([state, outcome]).toMatchObject([record, { kind: 'failed', code: 'revoked' }]);
  });

  test('at the same instant as the revocation is refused', async () => {
    expect((await send({ revokedAt: LATE }, 'begin', { requestedAt: LATE })).outcome.kind).toBe('failed');
  });

  test('gets an earlier revocation, which stays until it is cleared', async () => {
    const { state, outcome } = await send({ revokedAt: EARLY }, 'begin', { requestedAt: LATE });
    const clears = { revokedAt: EARLY, disabled: [] };
    expect([state, outcome]).toEqual([{ revokedAt: EARLY }, { kind: 'done', value: { clears, vault } }]);
    expect((await send(state, 'clearRevocation', { effectiveAt: LATE })).state).toEqual({});
  });

  test('counts by its event’s time: an old event that is delivered again clears no revocation', async () => {
    const { outcome } = await send({ revokedAt: LATE }, 'begin', {
      requestedAt: '2026-03-02T00:00:00.000Z',
      eventAt: EARLY,
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'revoked' });
  });

  test('for an event older than an accepted one is refused', async () => {
    const { outcome } = await send({ newestEventAt: LATE }, 'begin', { requestedAt: LATE, eventAt: EARLY });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'stale-event' });
  });

  test('is refused if it has ended before, and the record stays', async () => {
    const ended = [{ ...END, id: by.operation }];
    for (const operation of ['begin', 'beginOffboarding'] as const) {
      const { state, outcome } = await send({ ended }, operation, { requestedAt: LATE });
      expect([state, outcome]).toMatchObject([{ ended }, { kind: 'failed', code: 'stale-event' }]);
      const other = await send({ ended: [{ ...END, id: 'client.other' }] }, operation, { requestedAt: LATE });
      expect(other.outcome.kind).toBe('done');
    }
  });

  test('for the same event again continues, and for a newer one records it', async () => {
    expect((await send({ newestEventAt: LATE }, 'begin', { requestedAt: LATE, eventAt: LATE })).outcome.kind).toBe(
      'done',
    );
    const { state } = await send({ newestEventAt: EARLY }, 'begin', { requestedAt: LATE, eventAt: LATE });
    expect(state).toEqual({ newestEventAt: LATE });
  });
});

describe('a revocation', () => {
  test('counts from the entity’s current time: a run that began before is older', async () => {
    const { state, outcome } = await send({}, 'revoke', { at: EARLY, until: OVER }, LATE);
    expect([state, outcome]).toEqual([
      { revokedAt: LATE, ...endedAt(LATE), disabling },
      { kind: 'done', value: { revokedAt: LATE, vault, isKnown: false } },
    ]);
  });

  test('records which tokens it disabled, and passes them to the run that clears it', async () => {
    const first = await send({ revokedAt: EARLY }, 'noteDisabled', { tokens: ['Token-A'] });
    const { state } = await send(first.state, 'noteDisabled', { tokens: ['token-a', 'token-b'] });
    expect(state).toEqual({ revokedAt: EARLY, disabled: ['token-a', 'token-b'] });
    expect((await send(state, 'begin', { requestedAt: LATE })).outcome).toEqual({
      kind: 'done',
      value: { clears: { revokedAt: EARLY, disabled: ['token-a', 'token-b'] }, vault, isKnown: true },
    });
    expect((await send(state, 'clearRevocation', { effectiveAt: LATE })).state).toEqual({});
  });

  const marked = async () => (await send({}, 'revoke', { at: EARLY, until: OVER })).state;
  const begins = async (record: ClientRecord, now = LATE) =>
    (await send(record, 'begin', { requestedAt: LATE }, now)).outcome.kind;

  test('makes the run that clears it wait while it is disabling, until it is done or counts as lost', async () => {
    const record = await marked();
    expect([await begins(record), await begins(record, OVER)]).toEqual(['retryLater', 'done']);
    expect(await begins((await send(record, 'endDisabling', {})).state)).toBe('done');
    expect((await send(record, 'begin', { requestedAt: EARLY })).outcome.kind).toBe('failed');
  });

  test('is not ended by the end of another one', async () => {
    const second = { at: EARLY, until: OVER, by: { ...by, operation: 'client.other' } };
    const { state } = await clientRecord(
      { operation: 'revoke', request: second },
      await marked(),
      new Date(EARLY),
      KEY,
    );
    expect(await begins((await send(state, 'endDisabling', {})).state)).toBe('retryLater');
  });

  test('may disable again unless cleared, and makes others wait then, too', async () => {
    const record = (await send(await marked(), 'endDisabling', {})).state;
    const looks = await send(record, 'beginDisabling', { revokedAt: EARLY, until: OVER });
    expect(looks.outcome).toEqual({ kind: 'done', value: { stands: true } });
    expect(await begins(looks.state)).toBe('retryLater');
    const cleared = await send((await send(record, 'clearRevocation', { effectiveAt: LATE })).state, 'beginDisabling', {
      revokedAt: EARLY,
      until: OVER,
    });
    expect(cleared).toEqual({
      state: endedAt(EARLY),
      outcome: { kind: 'done', value: { stands: false } },
    });
  });

  test('that was cleared in the meantime records nothing', async () => {
    expect((await send({}, 'noteDisabled', { tokens: ['token-a'] })).state).toEqual({});
  });

  test.each([
    ['came after the run’s request', LATE, EARLY, { revokedAt: LATE }],
    ['came in the same instant', LATE, LATE, { revokedAt: LATE }],
    ['came before, and is the one that the run clears', EARLY, LATE, {}],
  ])('that %s', async (_, revokedAt, effectiveAt, value) => {
    expect((await send({ revokedAt }, 'revokedSince', { effectiveAt })).outcome).toEqual({ kind: 'done', value });
  });
});

describe('an offboarding that begins', () => {
  test('is not prevented by a revocation', async () => {
    const { outcome } = await send({ revokedAt: LATE }, 'beginOffboarding', { requestedAt: EARLY });
    expect(outcome.kind).toBe('done');
  });

  test('for an event older than an accepted one is refused', async () => {
    const request = { requestedAt: LATE, eventAt: EARLY };
    expect((await send({ newestEventAt: LATE }, 'beginOffboarding', request)).outcome).toMatchObject({
      kind: 'failed',
      code: 'stale-event',
    });
  });

  test('makes every older event stale: none brings the device back', async () => {
    const { state } = await send({}, 'beginOffboarding', { requestedAt: LATE });
    const old = { requestedAt: '2026-03-02T00:00:00.000Z', eventAt: EARLY };
    expect((await send(state, 'begin', old)).outcome).toMatchObject({ kind: 'failed', code: 'stale-event' });
  });
});

describe('the record of a client', () => {
  test.each([
    ['revocations', (record: ClientRecord, at: string) => send(record, 'revoke', { at, until: OVER })],
    ['events', (record: ClientRecord, at: string) => send(record, 'noteEvent', { at })],
  ])('keeps the latest of two %s, in either order', async (_, note) => {
    const once = await note({}, LATE);
    expect((await note(once.state, EARLY)).state).toEqual(once.state);
    const earlier = await note({}, EARLY);
    expect((await note(earlier.state, LATE)).state).toMatchObject(once.state);
  });

  test('keeps the first time of a repeated revocation until it is cleared, and ends runs in between', async () => {
    const LATEST = '2026-03-01T12:00:02.000Z';
    const twice = await send({ revokedAt: EARLY }, 'revoke', { at: LATE, until: OVER });
    expect(twice.state).toEqual({ revokedAt: LATE, firstRevokedAt: EARLY, ...endedAt(LATE), disabling });
    expect(twice.outcome).toMatchObject({ kind: 'done', value: { revokedAt: LATE, firstRevokedAt: EARLY } });
    const thrice = await send(twice.state, 'revoke', { at: LATEST, until: OVER });
    expect(thrice.state).toEqual({ revokedAt: LATEST, firstRevokedAt: EARLY, ...endedAt(LATEST), disabling });
    expect((await send(thrice.state, 'begin', { requestedAt: LATE })).outcome).toMatchObject({ code: 'revoked' });
    expect((await send(thrice.state, 'forget', {})).state).toMatchObject(thrice.state);
    expect((await send(twice.state, 'clearRevocation', { effectiveAt: LATEST })).state).toEqual({
      disabling,
      ...endedAt(LATE),
    });
  });

  test('keeps the ends of the last twenty runs, each once, also after an offboarding', async () => {
    const ended = (nth: number) => ({ ...END, id: `client.r${nth}` });
    let record: ClientRecord = { acknowledged: 'v1' };
    const each = Array.from({ length: 25 }, (_, nth) => nth);
    for (const nth of each.flatMap((one) => [one, one]))
      ({ state: record } = await send(record, 'noteEnd', { ended: ended(nth) }));
    expect(record.ended?.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, nth) => `client.r${nth + 5}`));
    expect((await send(record, 'forget', {})).state).toMatchObject({ ended: record.ended });
  });

  test('keeps a revocation that came after the request of the run that clears', async () => {
    expect((await send({ revokedAt: LATE }, 'clearRevocation', { effectiveAt: EARLY })).state).toEqual({
      revokedAt: LATE,
    });
  });

  test('keeps the first mark of a due rotation until a rotation that was requested later is done', async () => {
    const first = await send({}, 'markRotationDue', { at: EARLY });
    const again = await send(first.state, 'markRotationDue', { at: LATE });
    expect(again.state).toEqual({ rotationDueSince: EARLY });
    expect((await send({ rotationDueSince: LATE }, 'clearRotationDue', { at: EARLY })).state).toEqual({
      rotationDueSince: LATE,
    });
    expect((await send(again.state, 'clearRotationDue', { at: LATE })).state).toEqual({});
  });

  test('keeps only revocation, newest event, existence and last identity after an offboarding', async () => {
    const disabling = [{ operation: 'client.revocation', until: LATE }];
    const kept = { revokedAt: EARLY, disabled: ['token-a'], disabling, newestEventAt: LATE };
    const access = { identity: { principalId: 'a-device', principalType: 'Device' as const }, grants: [] };
    const record = { ...kept, rotationDueSince: EARLY, acknowledged: 'v1', access };
    const forgotten = await send(record, 'forget', {});
    const stays = { ...kept, knownSince: EARLY, ...endedAt(EARLY), lastIdentity: 'a-device' };
    expect(forgotten.state).toEqual(stays);
    expect((await send(forgotten.state, 'forget', {})).state).toEqual(stays);
    // The client existed, so a repeated offboarding does not report it as unknown.
    expect((await send(forgotten.state, 'beginOffboarding', { requestedAt: LATE })).outcome).toMatchObject({
      value: { isKnown: true },
    });
  });

  test('keeps the version of the latest promotion that was acknowledged, whenever an earlier one is repeated', async () => {
    const acknowledge = (record: ClientRecord, run: string, version: string) =>
      clientRecord(
        { operation: 'acknowledge', request: { version, by: { ...by, operation: `client.${run}` } } },
        record,
        new Date(EARLY),
        KEY,
      );
    const first = await acknowledge({ acknowledged: 'v0' }, 'run1', 'v1');
    const second = await acknowledge(first.state, 'run2', 'v2');
    expect(second.state).toEqual({ acknowledged: 'v2', acknowledgedBy: 'run2' });
    for (const [run, version] of [
      ['run1', 'v1'],
      ['run2', 'v2'],
    ] as const)
      expect((await acknowledge(second.state, run, version)).state).toEqual(second.state);
  });
});
