import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';

const TOKEN_WRITE = 'Microsoft.ContainerRegistry/registries/tokens/write';

describe('an injected fault', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await Cloud.start({ clock: new ManualClock() });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await cloud.end();
  });

  const fault = (rule: object) => cloud.call('POST', '/_control/faults', rule);
  const putToken = () =>
    cloud.armCall('PUT', `${cloud.registryId}/tokens/faulty-token`, {
      properties: { scopeMapId: `${cloud.registryId}/scopeMaps/myconnectedregistry` },
    });
  const exists = async () => (await cloud.armCall('GET', `${cloud.registryId}/tokens/faulty-token`)).status === 200;

  it('refuses a request before it has an effect', async () => {
    await fault({ match: { operation: TOKEN_WRITE }, when: 'before', status: 503, retryAfter: 7, count: 1 });

    const reply = await putToken();

    expect(reply.status).toBe(503);
    expect(reply.headers['retry-after']).toBe('7');
    expect(await exists()).toBe(false);
    expect((await putToken()).status).toBe(201);
  });

  it('replaces the reply after the effect', async () => {
    await fault({
      match: { operation: '*/tokens/write', principal: 'operator' },
      when: 'after',
      status: 500,
      body: { gone: true },
      count: 1,
    });

    expect(await putToken()).toMatchObject({ status: 500, body: { gone: true } });
    expect(await exists()).toBe(true);
  });

  it('drops the connection after the effect', async () => {
    await fault({ match: { operation: TOKEN_WRITE }, when: 'after', drop: true, count: 1 });
    await expect(putToken()).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await exists()).toBe(true);
  });

  it('applies only to the caller that it names', async () => {
    await fault({ match: { operation: TOKEN_WRITE, principal: 'app' }, status: 500 });

    expect((await putToken()).status).toBe(201);
  });

  it('delays the effect and the reply for its time', async () => {
    const delayMs = 40_000;
    await fault({ match: { operation: TOKEN_WRITE }, delayMs, count: 1 });
    // Only the delay of a fault uses the global setTimeout here: the services have a manual clock.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answered = vi.fn<() => void>();
    const reply = putToken().finally(answered);
    while (answered.mock.calls.length === 0 && vi.getTimerCount() === 0)
      await new Promise((resolve) => setImmediate(resolve));

    vi.advanceTimersByTime(delayMs - 1);
    expect(await exists()).toBe(false);
    expect(answered).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1);
    expect((await reply).status).toBe(201);
    expect(await exists()).toBe(true);
  });

  it('with a probability applies to the same requests for the same seed', async () => {
    const pattern = async (seed: number) => {
      await cloud.call('DELETE', '/_control/faults');
      await fault({ match: { operation: '*' }, status: 500, probability: 0.5, seed });
      const refused = [];
      const authorization = 'Basic eDp5';
      for (let index = 0; index < 20; index++) {
        const reply = await cloud.call(
          'POST',
          `/gateway/${cloud.registry}/myconnectedregistry/sync`,
          {},
          { authorization },
        );
        refused.push(reply.status === 500);
      }
      return refused;
    };

    const first = await pattern(7);

    expect(first).toContain(true);
    expect(first).toContain(false);
    expect(await pattern(7)).toEqual(first);
    expect(await pattern(8)).not.toEqual(first);
  });

  it('is refused with the name of an unknown property', async () => {
    const reply = await fault({ match: { operation: 'x' }, whenever: 'before' });
    expect(reply.status).toBe(400);
    expect(reply.text).toContain('whenever');
  });
});
