import { beforeEach, describe, expect, test } from 'vitest';
import { createHealth } from '../../../src/queries/health.js';
import { errorOf } from '../fakes/durable/wire.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
beforeEach(() => (world = createWorld()));

const find = async (right: string) => {
  const { state, rights } = await createHealth(world.ports, world.config)();
  return { state, found: rights.find((one) => one.right === right) };
};

describe('health', () => {
  test('is ok where every read goes through, and says that rights to write are unknown', async () => {
    const { state, rights } = await createHealth(world.ports, world.config)();
    expect(state).toBe('ok');
    const unknown = rights.filter((one) => one.state === 'unknown').map(({ right }) => right);
    expect(unknown).toEqual([
      'Microsoft.ContainerRegistry/registries/* (writes)',
      'Microsoft.KeyVault/vaults/secrets/setSecret/action',
      'Microsoft.EventGrid/events/send/action',
    ]);
    expect(rights.filter((one) => one.state === 'given')).toHaveLength(rights.length - unknown.length);
  });

  test('names the missing right, and how to get it', async () => {
    world.wire.fail('current', { when: 'before', kind: 'forbidden' });
    expect(await find('Microsoft.KeyVault/vaults/secrets/getSecret/action')).toMatchObject({
      state: 'faulty',
      found: {
        state: 'missing',
        reason: expect.stringContaining('current'),
        fix: expect.stringContaining('Secrets Officer'),
      },
    });
  });

  test('takes a registry that is not there for a right that may be missing', async () => {
    world.controlPlane.registry = undefined;
    expect(await find('Microsoft.ContainerRegistry/registries/read')).toMatchObject({
      state: 'faulty',
      found: { state: 'missing', reason: 'it is not there, or hidden for want of the right' },
    });
  });

  test.each(['throttled', 'unavailable', 'conflict'] as const)('does not take %s for a missing right', async (kind) => {
    world.wire.fail('getToken', { when: 'before', kind });
    const { state, found } = await find('Microsoft.ContainerRegistry/registries/tokens/read');
    expect([state, found?.state]).toEqual(['faulty', 'unreachable']);
    expect(found).not.toHaveProperty('fix');
  });

  test('tests the rights of each identity by its own requests, and names the one that lacks a right', async () => {
    const [first, second] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
    world = createWorld({ AZURE_CLIENT_ID: first, ARM_IDENTITIES: second });
    const { self, controlPlane } = world;
    const getToken = controlPlane.getToken.bind(controlPlane);
    controlPlane.getToken = (...asked) => {
      if (self.current === second) throw errorOf('getToken', { when: 'before', kind: 'forbidden' });
      return getToken(...asked);
    };
    const { state, rights } = await createHealth(world.ports, world.config)();
    expect(state).toBe('faulty');
    const faulty = rights.filter((one) => one.state === 'missing');
    expect(faulty).toMatchObject([{ right: 'Microsoft.ContainerRegistry/registries/tokens/read', identity: second }]);
    const ofEach = [first, second].map((identity) => rights.filter((one) => one.identity === identity).length);
    expect(ofEach).toEqual([5, 5]);
  });

  test('names no identity of an app that has one', async () => {
    const { rights } = await createHealth(world.ports, world.config)();
    expect(rights.filter(({ identity }) => identity !== undefined)).toEqual([]);
    expect(world.self.used).toEqual([]);
  });

  test('writes nothing', async () => {
    await createHealth(world.ports, world.config)();
    expect(world.wire.writes).toEqual([]);
  });
});
