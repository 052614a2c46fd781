import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { joinedSecrets } from '../../src/joined/joinedDevice.js';
import { CLIENT, type Loss } from '../under-test/fakeApp.js';
import { JoinedUnderTest } from '../under-test/joinedUnderTest.js';
import { until } from '../under-test/until.js';

const DAY = 86_400;
const KEYS_PATH = '/api/devices/keys';

let it: JoinedUnderTest;
let first: string;
beforeEach(async () => {
  it = await JoinedUnderTest.create();
  first = it.app.joined?.thumbprint ?? '';
});
afterEach(() => it.close());

const lines = (message: string) => it.log.filter((line) => line.includes(`"${message}`));
const renewals = () => it.app.asked.filter((path) => path === KEYS_PATH).length;
const keyFiles = async () => (await readdir(it.folder)).filter((name) => name.startsWith('keys-'));

/** Starts an agent, and lets keys come of age. */
async function age(days = 30): Promise<void> {
  await it.start();
  await until('a poll', () => it.clock.pending().length > 0);
  it.clock.advance(days * DAY);
  await until('a pause', () => it.clock.pending().length > 0);
}

/** Lets the agent ask until its keys are others, and the app knows them. */
async function renewed(): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    const { thumbprint, renewal } = await it.membership();
    if (thumbprint !== first && renewal === undefined) return;
    await it.poll();
  }
  throw new Error(`the keys were not renewed: ${it.log.join('\n')}`);
}

describe('keys', () => {
  test('are renewed before the set age, and their old files removed', async () => {
    await age();
    await renewed();
    expect(await it.membership()).toMatchObject({
      thumbprint: it.app.joined?.thumbprint,
      keysSince: it.clock.now().toISOString(),
      pass: it.app.passOf(it.app.joined?.thumbprint ?? ''),
    });
    expect(await keyFiles()).toEqual([`keys-${it.app.joined?.thumbprint}.json`]);
    await it.poll();
    expect(it.app.accepted.at(-1)?.thumbprint).toBe(it.app.joined?.thumbprint);
    expect(renewals()).toBe(1);
    expect(lines("the device's keys were renewed")).toHaveLength(1);
  });

  test('are not renewed in the first 24 of 30 days', async () => {
    await age(23.9);
    await it.poll();
    expect(renewals()).toBe(0);
    expect(await keyFiles()).toEqual([`keys-${first}.json`]);
  });

  test('of a fleet that joined together are not renewed together', async () => {
    const days = new Set<number>();
    for (let device = 0; device < 8; device += 1) {
      const other = await JoinedUnderTest.create();
      try {
        await other.start();
        await until('a poll', () => other.clock.pending().length > 0);
        let day = 24;
        for (; !other.app.asked.includes(KEYS_PATH); day += 0.25) {
          if (day === 24) other.clock.advance(24 * DAY);
          else other.clock.advance(0.25 * DAY);
          await other.poll();
        }
        days.add(day);
        expect(day).toBeLessThanOrEqual(30.5);
      } finally {
        await other.close();
      }
    }
    expect(days.size).toBeGreaterThan(2);
  });
});

describe('a renewal survives', () => {
  test.each<[string, Loss[]]>([
    ['a lost request', ['request']],
    ['a lost answer', ['answer']],
    ['many of both', ['answer', 'answer', 'request', 'answer', 'request']],
  ])('%s, with the next keys that it began with', async (_case, losses) => {
    it.app.lossesAt(KEYS_PATH, losses);
    await age();
    await renewed();
    expect(renewals()).toBe(losses.length + 1);
    expect((await it.membership())['thumbprint']).toBe(it.app.joined?.thumbprint);
    expect(await keyFiles()).toHaveLength(1);
    expect(lines("the device's key has ended")).toEqual([]);
  });

  test('a clock that is set back during the pause after a failure', async () => {
    it.app.lossesAt(KEYS_PATH, ['request']);
    await age();
    while (renewals() === 0) await it.poll();
    it.clock.setBack(DAY);
    for (let round = 0; round < 3; round += 1) await it.poll();
    expect(renewals()).toBe(2);
    await renewed();
  });

  test('an app that has the next keys, but does not answer: that is no end of the key', async () => {
    it.app.lossesAt(KEYS_PATH, ['answer', 'answer', 'request', 'request', 'answer']);
    await age();
    await it.poll();
    expect(it.app.joined?.thumbprint).not.toBe(first);
    expect((await it.membership())['thumbprint']).toBe(first);
    expect(it.app.refused).toContain('device-key-ended');
    expect(lines("the device's key has ended")).toEqual([]);
    await renewed();
    expect(lines("the device's key has ended")).toEqual([]);
  });

  test('an answer that is for another key or client', async () => {
    const changes = [
      { thumbprint: 'A'.repeat(43) },
      { client: 'device-2' },
      { pass: undefined },
      { pass: 'one that lets nobody in' },
    ];
    it.app.admitted = (plain) => ({ ...plain, ...changes.shift() });
    await age();
    await renewed();
    expect((await it.membership())['pass']).toBe(it.app.passOf(it.app.joined?.thumbprint ?? ''));
    expect(renewals()).toBe(5);
    expect(lines("the device's keys were not renewed")).toHaveLength(2);
  });

  test('an answer that somebody else has made, or for another request', async () => {
    const forged = [{ channelKey: 'c'.repeat(43) }, { nonce: 'n'.repeat(22) }, { kind: 'join' }, {}] as const;
    let nth = 0;
    it.app.override = (request) => {
      if (request.url === KEYS_PATH) it.app.forged = forged[nth++] ?? {};
      return false;
    };
    await age();
    await renewed();
    expect(renewals()).toBe(4);
    expect(lines("the device's keys were not renewed")).toHaveLength(1);
    expect((await it.membership())['thumbprint']).toBe(it.app.joined?.thumbprint);
  });

  test('a proxy that says that the key has ended, and that the next keys are good', async () => {
    let isHostile = true;
    it.app.override = (request, response) => {
      if (!isHostile) return false;
      if (request.url === KEYS_PATH) response.end(JSON.stringify({ ...CLIENT, thumbprint: 'x', pass: 'p' }));
      else response.writeHead(403).end(JSON.stringify({ code: 'device-key-ended' }));
      return true;
    };
    await age();
    await it.poll();
    expect(lines("the device's key has ended")).toHaveLength(1);
    expect(await keyFiles()).toContain(`keys-${first}.json`);
    isHostile = false;
    await renewed();
    expect(it.app.accepted.at(-1)?.thumbprint).toBe(it.app.joined?.thumbprint);
  });

  test('a fresh pass for the old key, which comes before the answer is known', async () => {
    it.app.lossesAt(KEYS_PATH, ['answer']);
    it.app.rotateServerKey();
    await age();
    await renewed();
    await it.poll();
    await it.poll();
    const { thumbprint, pass } = await it.membership();
    expect(pass).toBe(it.app.passOf(String(thumbprint)));
    expect(it.app.accepted.at(-1)?.thumbprint).toBe(thumbprint);
    expect(it.app.refused.filter((code) => code === 'device-signature')).toEqual([]);
  });

  test('a restart of the agent after a lost answer', async () => {
    it.app.lossesAt(KEYS_PATH, ['answer']);
    const agent = await it.start({ KEY_RENEWAL_DAYS: '1' });
    await until('a poll', () => it.clock.pending().length > 0);
    it.clock.advance(DAY);
    await until('the renewal', () => it.app.joined?.thumbprint !== first);
    await agent.stop();
    expect((await it.membership())['thumbprint']).toBe(first);

    await it.start();
    await until('a poll', () => it.clock.pending().length > 0);
    await renewed();
    expect(it.app.joined?.thumbprint).toBe((await it.membership())['thumbprint']);
  });

  test('and the same join afterwards, whose answer the app has made', async () => {
    const agent = await it.start({ KEY_RENEWAL_DAYS: '1' });
    await until('a poll', () => it.clock.pending().length > 0);
    it.clock.advance(DAY);
    await renewed();
    await agent.stop();
    const before = await it.membership();
    const forged = [{ messages: [] }, { sealed: 'a.b.c' }];
    it.app.override = (_request, response) => {
      const answer = forged.shift();
      if (answer) response.end(JSON.stringify(answer));
      return answer !== undefined;
    };
    it.app.messages = [{}];
    await it.repeatJoin();
    expect([forged, await it.membership()]).toEqual([[], before]);
    expect(it.log.join()).toContain('an answer that is not');
  });

  test('and secrets are read in the meantime, whichever key they are sealed to', async () => {
    const name = mainSecretName(CLIENT);
    it.app.addSecret(name, 'value');
    const secrets = await joinedSecrets({ folder: it.folder, timeout: 5_000 }, it.clock);
    await age();
    await renewed();
    // A reader with the old keys asks with an ended key, and does not take that for a missing secret.
    await expect(secrets.read(name, undefined, AbortSignal.timeout(10_000))).rejects.toThrow(
      "the device's key has ended",
    );
    const after = await joinedSecrets({ folder: it.folder, timeout: 5_000 }, it.clock);
    expect(await after.read(name, undefined, AbortSignal.timeout(10_000))).toMatchObject({ value: 'value' });
  });
});

test('a device that was revoked does not renew its keys for ever', async () => {
  it.app.lossesAt(KEYS_PATH, ['request']);
  await age();
  await it.poll();
  it.app.revoke();
  await it.poll();
  await until('the end', () => lines("the device's key has ended").length === 1);
  const asked = renewals();
  it.clock.advance(600);
  await until('a pause', () => it.clock.pending().length > 0);
  expect(renewals()).toBe(asked);
});
