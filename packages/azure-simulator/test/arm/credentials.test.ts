import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { Edge } from '../under-test/edge.js';

describe('generateCredentials', () => {
  let cloud: Cloud;
  let arm: ReturnType<Cloud['arm']>;
  let edge: Edge;
  const clock = new ManualClock();
  const token = 'client-token';
  beforeAll(async () => {
    cloud = await Cloud.start({ clock });
    arm = cloud.arm();
    const id = await cloud.makeToken(token);
    await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: [id] });
    edge = await Edge.of(cloud);
  });
  afterAll(() => cloud.end());

  const generate = async (name?: 'password1' | 'password2', expiry?: Date) => {
    const tokenId = `${cloud.registryId}/tokens/${token}`;
    const body = { tokenId, ...(name && { name }), ...(expiry && { expiry }) };
    return (await arm.registries.generateCredentials(cloud.group, cloud.registry, body)).passwords ?? [];
  };
  const valueOf = (passwords: { name?: string; value?: string }[], name: string): string =>
    passwords.find((one) => one.name === name)?.value ?? '';

  it('returns the named slot only, with its value and times', async () => {
    const expiry = new Date(clock.now().getTime() + 86_400_000);

    const passwords = await generate('password1', expiry);

    expect(passwords).toHaveLength(1);
    expect(passwords[0]).toMatchObject({ name: 'password1', expiry, creationTime: clock.now() });
    expect(passwords[0]?.value).toMatch(/^[A-Za-z0-9+/]{52}$/);
  });

  it('regenerates both slots if no name is given', async () => {
    const before = await generate();

    const after = await generate();

    expect(after.map((one) => one.name)).toEqual(['password1', 'password2']);
    expect(valueOf(after, 'password1')).not.toBe(valueOf(before, 'password1'));
    expect(valueOf(after, 'password2')).not.toBe(valueOf(before, 'password2'));
  });

  it('gives edges the first password of an empty slot at once, and a regenerated one after 60 s', async () => {
    await arm.tokens.create(cloud.group, cloud.registry, token, {
      scopeMapId: `${cloud.registryId}/scopeMaps/plain-map`,
      status: 'enabled',
    });
    const first = valueOf(await generate('password1'), 'password1');

    expect(await edge.accepts(token, first)).toBe(true);

    const second = valueOf(await generate('password1'), 'password1');
    expect(await edge.accepts(token, first)).toBe(true);
    expect(await edge.accepts(token, second)).toBe(false);

    clock.advance(61);
    expect(await edge.accepts(token, first)).toBe(false);
    expect(await edge.accepts(token, second)).toBe(true);
  });

  it('refuses an expiry in the past, an unknown slot and an unknown token', async () => {
    expect(await failureOf(generate('password1', new Date(clock.now().getTime() - 1000)))).toMatchObject({
      statusCode: 400,
    });

    const path = `${cloud.registryId}/generateCredentials`;
    const tokenId = `${cloud.registryId}/tokens/${token}`;

    expect((await cloud.armCall('POST', path, { tokenId, name: 'password3' })).status).toBe(400);
    expect((await cloud.armCall('POST', path, { tokenId: `${cloud.registryId}/tokens/nothing` })).status).toBe(404);
    expect((await cloud.armCall('POST', path, { tokenId: 'client-token' })).status).toBe(400);
    expect((await cloud.armCall('POST', path, {})).status).toBe(400);
  });

  it('answers 409 TokenNotActive while a new token is being created', async () => {
    const settings = cloud.running.plane.settings;
    // With this pace the creation takes 5 s by the manual clock, which stands still.
    settings.pace = 'azure';
    const tokenId = `${cloud.registryId}/tokens/creating`;
    await cloud.armCall('PUT', tokenId, { properties: { scopeMapId: `${cloud.registryId}/scopeMaps/plain-map` } });

    const reply = await cloud.armCall('POST', `${cloud.registryId}/generateCredentials`, { tokenId });

    expect(reply).toMatchObject({ status: 409, body: { error: { code: 'TokenNotActive' } } });

    settings.pace = 'quick';
  });

  it('generates all characters of base64', async () => {
    let all = '';
    for (let round = 0; round < 40; round++) for (const { value } of await generate()) all += value ?? '';
    for (const character of ['+', '/']) expect(all).toContain(character);
  });
});

describe('a sync', () => {
  it('brings the base64 SHA-256 hash of salt and password', async () => {
    const cloud = await Cloud.start();
    const id = await cloud.makeToken('client-token');
    const arm = cloud.arm();
    await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: [id] });
    const made = await arm.registries.generateCredentials(cloud.group, cloud.registry, {
      tokenId: id,
      name: 'password2',
    });
    const reply = await (await Edge.of(cloud)).sync();
    const { name, salt, hash } = reply.body.tokens[0]?.passwords[0] ?? { name: '', salt: '', hash: '' };

    expect(name).toBe('password2');

    const value = made.passwords?.[0]?.value ?? '';
    expect(hash).toBe(
      createHash('sha256')
        .update(salt + value)
        .digest('base64'),
    );

    await cloud.end();
  });
});
