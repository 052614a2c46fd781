import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConsumerFailure } from '../src/consumers/consumer.js';
import type { Consumer, Delivery } from '../src/consumers/consumer.js';
import { createKeeper } from '../src/keeper.js';
import type { Keeper, KeeperOptions } from '../src/keeper.js';
import { PullFailure } from '../src/pullFailure.js';
import type { Sent } from '../src/reporter.js';
import { SecretMissing } from '../src/secrets/vault.js';
import type { Tags } from '@connected-registry/protocol/names/secretTags';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { credentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { ManualClock } from '../../azure-simulator/test/under-test/manualClock.js';
import { promotion as promotionData } from './under-test/agentUnderTest.js';

const HOUR = 3600;
/** Versions by name, the newest last; a version that was disabled cannot be read. */
let vault: Map<string, { version: string; createdOn: Date; password: string; disabled?: boolean; tags?: Tags }[]>;
let stale: boolean;
let reads: string[];
let written: Delivery[];
let consumerFailure: string | undefined;
let remembered: () => Promise<string[]>;
let acknowledged: { operation: string; version: string; signal: AbortSignal }[];
let acknowledgement: (signal: AbortSignal) => Promise<Sent>;
let delivered: string[];
let log: string[];
let clock: ManualClock;
let keeper: Keeper;

beforeEach(() => {
  vault = new Map();
  [reads, written, acknowledged, delivered, log] = [[], [], [], [], []];
  [stale, consumerFailure] = [false, undefined];
  remembered = () => Promise.resolve([]);
  acknowledgement = () => Promise.resolve({ end: 'accepted', tries: 1, last: '202' });
  clock = new ManualClock();
  keeper = make();
});
afterEach(() => keeper.stop());

const consumer: Consumer = {
  name: 'the engine',
  remembered: () => remembered(),
  write(delivery) {
    if (consumerFailure !== undefined) return Promise.reject(new ConsumerFailure(consumerFailure));
    const same = written.at(-1)?.credentials.password === delivery.credentials.password;
    written.push(delivery);
    return Promise.resolve(same ? 'unchanged' : 'written');
  },
};

function make(changes: Partial<KeeperOptions> = {}): Keeper {
  return createKeeper({
    secrets: {
      read(name, version) {
        reads.push(`${name}/${version ?? 'newest'}`);
        const all = vault.get(name) ?? [];
        if (all.length === 0 && name.startsWith('bogus')) return Promise.reject(new SecretMissing());
        const found = version === undefined ? all.at(stale ? -2 : -1) : all.find((one) => one.version === version);
        if (!found || found.disabled) return Promise.reject(new PullFailure('secret-unavailable', 'no (403)'));
        return Promise.resolve({ name, ...found, value: dockerConfig('edge:8000', 'token', found.password) });
      },
    },
    consumers: [consumer],
    listed: [],
    refresh: 6 * HOUR * 1_000,
    acknowledge: (promotion, version, signal) => {
      acknowledged.push({ operation: promotion.operation, version, signal });
      return acknowledgement(signal);
    },
    clock,
    log: (message, facts) => void log.push(JSON.stringify({ message, ...facts })),
    delivered: (_promotion, version) => void delivered.push(version),
    ...changes,
  });
}

function put(version: string, password: string, name = 'device-1', tags?: Tags): void {
  const createdOn = new Date(Date.UTC(2030, 0, 1) + Number(version.slice(1)) * 1_000);
  vault.set(name, [...(vault.get(name) ?? []), { version, createdOn, password, ...(tags && { tags }) }]);
}

function promotion(version: string, changes: Record<string, unknown> = {}): CredentialPromoted {
  const key = { keyId: 'k1', reportKey: 'key-of-the-report', expiresAt: '2031-01-01T00:00:00Z' };
  return credentialPromoted.parse(promotionData({ secret: { name: 'device-1', version }, ...key, ...changes }));
}

async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await turn();
}

async function pass(seconds: number): Promise<void> {
  clock.advance(seconds);
  await settled();
}

const passwords = () => written.map(({ credentials }) => credentials.password);

describe('a promoted credential', () => {
  test('is given to the consumers, then acknowledged', async () => {
    put('v1', 'first');
    keeper.promoted(promotion('v1'));
    await settled();
    expect(written).toEqual([
      {
        secret: 'device-1',
        credentials: { endpoint: 'edge:8000', username: 'token', password: 'first' },
        takeOver: true,
      },
    ]);
    expect(acknowledged).toMatchObject([{ operation: 'onboard-hello.run1', version: 'v1' }]);
    expect(delivered).toEqual(['v1']);
    expect(log.join()).not.toMatch(/first|key-of-the-report/);
  });

  test('is not acknowledged before its consumers have it', async () => {
    put('v1', 'first');
    consumerFailure = 'the disk is full';
    keeper.promoted(promotion('v1'));
    await settled();
    expect([acknowledged, delivered]).toEqual([[], []]);
    expect(keeper.health()).toMatchObject({ secretsKept: 0, secretsFailing: 1 });
    consumerFailure = undefined;
    await pass(30);
    expect(acknowledged).toHaveLength(1);
    expect(keeper.health()).toMatchObject({ secretsKept: 1, secretsFailing: 0 });
  });

  test('is not acknowledged when it does not say how', async () => {
    put('v1', 'first');
    keeper.promoted(promotion('v1', { reportKey: undefined }));
    await settled();
    expect(passwords()).toEqual(['first']);
    expect([acknowledged, delivered]).toEqual([[], ['v1']]);
  });

  test('is taken from its own version while the vault still answers with the one before', async () => {
    put('v1', 'old');
    put('v2', 'new');
    stale = true;
    keeper.promoted(promotion('v2'));
    await settled();
    expect(passwords()).toEqual(['new']);
    await pass(6 * HOUR);
    expect(passwords()).toEqual(['new', 'new']);
  });

  test('of an older version brings the newest one, which the acknowledgement says', async () => {
    put('v1', 'old');
    put('v2', 'new');
    keeper.promoted(promotion('v1'));
    await settled();
    expect(passwords()).toEqual(['new']);
    expect(acknowledged).toMatchObject([{ version: 'v2' }]);
  });

  test('whose version cannot be read any more still brings the newest one', async () => {
    put('v2', 'new');
    keeper.promoted(promotion('v1'));
    await settled();
    expect(acknowledged).toMatchObject([{ version: 'v2' }]);
  });

  test('that follows another ends the acknowledgement of the one before', async () => {
    put('v1', 'first');
    acknowledgement = (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ end: 'stopped', tries: 3, last: '503' }));
      });
    keeper.promoted(promotion('v1'));
    await settled();
    expect(keeper.health()).toMatchObject({ acknowledgementsOpen: 1 });
    put('v2', 'second');
    keeper.promoted(promotion('v2', { operation: 'rotate.run2' }));
    await settled();
    expect(acknowledged.map(({ operation, signal }) => [operation, signal.aborted])).toEqual([
      ['onboard-hello.run1', true],
      ['rotate.run2', false],
    ]);
    expect(keeper.health()).toMatchObject({ acknowledgementsOpen: 1 });
  });

  test('that comes while one is being written is not lost', async () => {
    put('v1', 'first');
    keeper.promoted(promotion('v1'));
    put('v2', 'second');
    keeper.promoted(promotion('v2', { operation: 'rotate.run2' }));
    await settled();
    expect(passwords().at(-1)).toBe('second');
    expect(acknowledged.at(-1)).toMatchObject({ operation: 'rotate.run2', version: 'v2' });
  });

  test('changes nothing without consumers', async () => {
    keeper = make({ consumers: [] });
    put('v1', 'first');
    keeper.start();
    keeper.promoted(promotion('v1'));
    await settled();
    expect([reads, acknowledged, clock.pending()]).toEqual([[], [], []]);
  });
});

describe('the main secret', () => {
  test('is read again at the refresh interval, and what changed is written without any event', async () => {
    put('v1', 'first');
    keeper.promoted(promotion('v1'));
    await settled();
    put('v2', 'second');
    await pass(6 * HOUR * 0.89);
    expect(passwords()).toEqual(['first']);
    await pass(6 * HOUR * 0.11);
    expect(passwords()).toEqual(['first', 'second']);
    expect(written.at(-1)).toMatchObject({ takeOver: false });
    expect(acknowledged).toHaveLength(1);
  });

  test('is kept from the start when it is listed or when a consumer remembers it', async () => {
    put('v1', 'listed', 'listed-1');
    put('v1', 'before', 'device-1');
    remembered = () => Promise.resolve(['device-1']);
    keeper = make({ listed: ['listed-1', 'device-1'] });
    keeper.start();
    await settled();
    expect(passwords().sort()).toEqual(['before', 'listed']);
    expect(keeper.health().secretsKept).toBe(2);
  });

  test('is remembered even by a consumer that cannot be asked at first', async () => {
    put('v1', 'before');
    remembered = () => Promise.reject(new ConsumerFailure('the cluster is just starting'));
    keeper.start();
    await settled();
    remembered = () => Promise.resolve(['device-1']);
    await pass(30);
    expect(passwords()).toEqual(['before']);
  });

  test('of another name than the listed ones is left alone', async () => {
    put('v1', 'first');
    keeper = make({ listed: ['another'] });
    keeper.promoted(promotion('v1'));
    await settled();
    expect([reads, acknowledged]).toEqual([[], []]);
    expect(log.join()).toContain('SECRETS lists others');
  });

  test('that cannot be read is tried again with growing pauses, up to an hour', async () => {
    keeper.promoted(promotion('v1'));
    await settled();
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const [wait = 0] = clock.pending();
      waits.push(wait);
      await pass(wait);
    }
    const base = waits.map((wait) => Math.round(wait / ((waits[0] ?? 1) / 30)));
    expect(base).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    put('v1', 'first');
    await pass(3600);
    expect(acknowledged).toHaveLength(1);
  });

  test.each([['no config'], ['{"auths":{}}']])('that holds %s changes no consumer', async (value) => {
    keeper = make({
      secrets: { read: (name) => Promise.resolve({ name, version: 'v1', createdOn: new Date(), value }) },
    });
    keeper.promoted(promotion('v1'));
    await settled();
    expect([written, acknowledged]).toEqual([[], []]);
    expect(log.join()).toContain('credential not delivered');
  });
});

test('no more than 500 secrets are kept, whatever events say', async () => {
  for (let at = 0; at < 600; at += 1) {
    put('v1', `password-${at}`, `device-${at}`);
    keeper.promoted(promotion('v1', { secret: { name: `device-${at}`, version: 'v1' } }));
  }
  await settled();
  expect(keeper.health().secretsKept).toBe(500);
  expect(clock.pending()).toHaveLength(500);
  expect(log.filter((line) => line.includes('500 is reached'))).toHaveLength(100);
});

describe('promotions that are not what they say', () => {
  const OURS = { managedBy: 'connected-registry-onboarding', registry: 'myregistry' };
  const tagged = (client: string, connectedRegistry = 'myconnectedregistry') => ({
    ...OURS,
    client,
    connectedRegistry,
  });

  test('five hundred of secrets that do not exist keep no true one out, and are forgotten', async () => {
    for (let at = 0; at < 500; at += 1) {
      keeper.promoted(promotion('v1', { secret: { name: `bogus-${at}`, version: 'v1' } }));
    }
    put('v1', 'first');
    keeper.promoted(promotion('v1'));
    await settled();
    expect(passwords()).toEqual([]);
    for (const wait of [30, 60, 120]) await pass(wait);
    expect(passwords()).toEqual(['first']);
    expect(keeper.health()).toMatchObject({ secretsKept: 1, secretsFailing: 0 });
  });

  test('five hundred that failed make room at once', async () => {
    for (let at = 0; at < 500; at += 1) {
      keeper.promoted(promotion('v1', { secret: { name: `bogus-${at}`, version: 'v1' } }));
    }
    await settled();
    put('v1', 'first');
    keeper.promoted(promotion('v1'));
    await settled();
    expect(passwords()).toEqual(['first']);
  });

  test.each([
    ['client', tagged('device-2')],
    ['client, in other letters', tagged('Device-1')],
    ['connected registry', tagged('device-1', 'anotherregistry')],
  ])('a secret of another %s is neither written nor acknowledged', async (_case, tags) => {
    put('v1', 'first', 'device-1', tags);
    keeper.promoted(promotion('v1'));
    await settled();
    expect([passwords(), acknowledged, delivered]).toEqual([[], [], []]);
    expect(keeper.health()).toMatchObject({ secretsKept: 0, secretsFailing: 0 });
    expect(log.join()).toContain('to another client');
  });

  test('one in the name of another client does not keep a secret from what is its own', async () => {
    put('v1', 'first', 'device-1', tagged('device-1', 'MyConnectedRegistry'));
    keeper.promoted(promotion('v1'));
    keeper.promoted(promotion('v1', { client: 'device-2' }));
    await settled();
    expect(acknowledged).toMatchObject([{ operation: 'onboard-hello.run1' }]);
    keeper.promoted(promotion('v1', { client: 'device-2' }));
    await settled();
    put('v2', 'second', 'device-1', tagged('device-1'));
    await pass(6 * HOUR);
    expect(passwords().at(-1)).toBe('second');
    expect(log.join()).toContain('promotion refused');
  });

  describe('and name the right client and secret', () => {
    const forged = (n: number, version = `v${n + 100}`) =>
      promotion(version, { operation: `forged.run${n}`, keyId: `f${n}`, reportKey: 'not-the-key' });
    const going = () => acknowledged.filter(({ signal }) => !signal.aborted).map(({ operation }) => operation);
    beforeEach(() => {
      put('v1', 'first');
      acknowledgement = (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ end: 'stopped', tries: 1, last: '503' }));
        });
    });

    test('end no acknowledgement that is under way, however many they are', async () => {
      keeper.promoted(promotion('v1'));
      await settled();
      for (let n = 0; n < 40; n += 1) keeper.promoted(forged(n));
      await settled();
      expect(going()).toContain('onboard-hello.run1');
      expect(acknowledged.length).toBeLessThan(20);
    });

    test('keep the true one, which comes after many of them, from nothing', async () => {
      for (let n = 0; n < 40; n += 1) {
        keeper.promoted(forged(n));
        await settled();
      }
      keeper.promoted(promotion('v1'));
      await settled();
      expect(going()).toContain('onboard-hello.run1');
    });

    test('push out none that waits for its secret to be read', async () => {
      vault.clear();
      keeper.promoted(promotion('v1'));
      for (let n = 0; n < 40; n += 1) keeper.promoted(forged(n));
      await settled();
      put('v1', 'first');
      await pass(60);
      expect(going()).toContain('onboard-hello.run1');
    });

    test('hide no version that a stale replica does not answer with yet', async () => {
      put('v2', 'second');
      stale = true;
      keeper.promoted(promotion('v2'));
      keeper.promoted(forged(1));
      await settled();
      expect(passwords().at(-1)).toBe('second');
      expect(going()).toContain('onboard-hello.run1');
    });
  });

  test('that is repeated is acknowledged once at a time', async () => {
    put('v1', 'first');
    acknowledgement = (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ end: 'stopped', tries: 1, last: '503' }));
      });
    for (let n = 0; n < 3; n += 1) {
      keeper.promoted(promotion('v1'));
      await settled();
    }
    expect(acknowledged).toHaveLength(1);
  });

  test('a secret is the same in any letters, as in the vault', async () => {
    put('v1', 'first');
    keeper.promoted(promotion('v1', { secret: { name: 'DEVICE-1', version: 'v1' } }));
    keeper.promoted(promotion('v1', { secret: { name: 'Device-1', version: 'v1' } }));
    await settled();
    expect(new Set(written.map(({ secret }) => secret))).toEqual(new Set(['device-1']));
    expect(keeper.health().secretsKept).toBe(1);
  });
});

test('a look that never ends is given up, said, and kept from nothing after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let isStuck = true;
    const stuck: Consumer = {
      ...consumer,
      write: (...given) => (isStuck ? new Promise(() => undefined) : consumer.write(...given)),
    };
    keeper = make({ consumers: [stuck] });
    put('v1', 'first');
    keeper.promoted(promotion('v1'));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(keeper.health()).toMatchObject({ secretsHanging: 1, secretsFailing: 1 });
    isStuck = false;
    clock.advance(30);
    await vi.advanceTimersByTimeAsync(1);
    expect(passwords()).toEqual(['first']);
  } finally {
    vi.useRealTimers();
  }
});

test('nothing is left running or waiting once it has stopped', async () => {
  put('v1', 'first');
  acknowledgement = (signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ end: 'stopped', tries: 1, last: '503' }));
    });
  keeper.promoted(promotion('v1'));
  await settled();
  await keeper.stop();
  expect(clock.pending()).toEqual([]);
  await pass(24 * HOUR);
  expect(passwords()).toEqual(['first']);
});
