import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { GATEWAY, OTHER_GATEWAY, PollerWorld } from '../../fakes/answers/pollerAnswers.js';
import { referenceOf } from '../../fakes/clients/onboardedFleet.js';

let it: PollerWorld;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  it = await PollerWorld.create();
});
afterEach(() => vi.useRealTimers());

const listed = (objectId: string) => {
  const index = it.engine.entities.get(`@poller@${objectId}`) as { clients: { client: object }[] } | undefined;
  return index?.clients.map(({ client }) => client);
};

describe('the poller of a client', () => {
  test('is set and changed without a run, and ends for the one before', async () => {
    expect(await it.put()).toMatchObject({ status: 200, body: { key: it.key, poller: { objectId: GATEWAY } } });
    expect(listed(GATEWAY)).toEqual([referenceOf(0)]);
    vi.setSystemTime(Date.now() + 60_000);
    expect((await it.put({ poller: OTHER_GATEWAY.toUpperCase() })).status).toBe(200);
    expect([it.current, listed(GATEWAY), listed(OTHER_GATEWAY)]).toEqual([OTHER_GATEWAY, [], [referenceOf(0)]]);
    expect(it.engine.starts).toBe(0);
  });

  test('is written once, however often it is set', async () => {
    const first = await it.put();
    const sent = it.engine.signals.length;
    expect(await it.put()).toEqual(first);
    expect(it.engine.signals).toHaveLength(sent);
  });

  test('is listed again by a repetition, if the index has lost it', async () => {
    await it.put();
    it.engine.entities.delete(`@poller@${GATEWAY}`);
    expect((await it.put()).status).toBe(200);
    expect(listed(GATEWAY)).toEqual([referenceOf(0)]);
  });

  test('is set also if it was ended by a host whose clock is ahead', async () => {
    await it.engine.request('withdrawPoller', { at: '2026-03-01T12:00:05.000Z' }, it.key);
    expect((await it.put()).status).toBe(200);
    expect((await it.remove()).status).toBe(204);
  });

  const ENDS = [
    ['a revocation', 'revoke', (at: string) => ({ at, until: at })],
    ['an offboarding', 'beginOffboarding', (requestedAt: string) => ({ requestedAt })],
  ] as const;

  test.each(ENDS)(
    'is not set by a signal that comes after %s, though a host whose clock is ahead has set the last one',
    async (_, operation, request) => {
      await it.put();
      vi.setSystemTime(Date.now() - 3_600_000);
      it.engine.fate = 'held';
      await it.put({ poller: OTHER_GATEWAY });
      await it.engine.request(operation, request(new Date().toISOString()), it.key);
      await it.engine.deliver();
      expect(it.current).toBeUndefined();
      it.engine.fate = 'done';
      expect((await it.put({ poller: OTHER_GATEWAY })).status).toBe(200);
    },
  );

  test.each(ENDS)('is set by a host whose clock is behind that of the one of %s', async (_, operation, request) => {
    await it.engine.request(operation, request(new Date().toISOString()), it.key);
    vi.setSystemTime(Date.now() - 120_000);
    expect((await it.put()).status).toBe(200);
  });

  test('is not set for an identity that polls for twenty others', async () => {
    it.fill(GATEWAY);
    expect(await it.put()).toMatchObject({ status: 409, body: { code: 'poller-full' } });
    expect(it.engine.signals).toEqual([]);
  });

  test.each([
    [{}, 'poller'],
    [{ poller: 7 }, 'poller'],
    [{ poller: GATEWAY, client: 'sensor-7' }, 'client'],
    [{ poller: `${GATEWAY}0` }, 'poller'],
  ])('must be an object id and nothing else: %j', async (body, field) => {
    expect(await it.put(body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect(it.engine.signals).toEqual([]);
  });

  test('is removed at once, and once', async () => {
    await it.put();
    expect((await it.remove()).status).toBe(204);
    expect([it.current, listed(GATEWAY)]).toEqual([undefined, []]);
    expect(await it.remove()).toMatchObject({ status: 404, body: { code: 'poller-not-found' } });
  });

  test('is removed also from a client without a credential', async () => {
    const client = { ...referenceOf(0), client: 'never-onboarded' };
    const key = clientKey(client);
    const at = new Date().toISOString();
    await it.engine.request('setPoller', { objectId: GATEWAY, client, at, effectiveAt: at }, key);
    expect((await it.put(undefined, key)).status).toBe(404);
    expect((await it.remove(key)).status).toBe(204);
  });

  test('is unknown if the engine does not show it in time, and neither yes nor no', async () => {
    it.engine.fate = 'lost';
    expect(await it.put()).toMatchObject({ status: 503, body: { code: 'engine-slow' } });
    it.engine.fate = 'done';
    await it.put();
    it.engine.fate = 'lost';
    expect(await it.remove()).toMatchObject({ status: 503, body: { code: 'engine-slow' } });
  });
});
