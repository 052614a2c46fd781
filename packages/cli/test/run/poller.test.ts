import { describe, expect, test } from 'vitest';
import { pollerBody } from '@connected-registry/protocol/requests/pollerRequest';
import { runCrctl } from '../fakes/runCrctl.js';

describe('the poller of a client', () => {
  const key = 'myregistry-plant7registry-press-1-21982a38dae198be';
  const objectId = '66666666-7777-8888-9999-000000000000';

  test('is set without a run', async () => {
    const poller = { objectId, since: '2026-03-01T12:00:00.000Z' };
    const { code, out, world } = await runCrctl(['clients', 'set-poller', key, objectId], () => ({
      json: { key, poller },
    }));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(objectId) });
    const [request] = world.requests;
    expect(`${request?.method} ${request?.path}`).toBe(`PUT /clients/${key}/poller`);
    expect(pollerBody.parse(JSON.parse(request?.body ?? ''))).toEqual({ poller: objectId });
  });

  test('is removed', async () => {
    const { code, out, world } = await runCrctl(['clients', 'remove-poller', key, '-o', 'name'], () => ({
      status: 204,
    }));
    expect({ code, out }).toEqual({ code: 0, out: `${key}\n` });
    expect(world.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`DELETE /clients/${key}/poller`]);
  });

  test('has to be named to be set', async () => {
    const { code, world } = await runCrctl(['clients', 'set-poller', key], () => ({ status: 204 }));
    expect({ code, requests: world.requests.length }).toEqual({ code: 2, requests: 0 });
  });
});
