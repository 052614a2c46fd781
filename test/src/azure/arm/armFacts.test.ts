import { describe, expect, test } from 'vitest';
import { toConnectedRegistry, toScopeMap, toToken } from '../../../../src/azure/arm/armFacts.js';
import { UnreadableAnswer } from '../../../../src/azure/calls/serviceErrors.js';

const ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';
const parent = { syncProperties: { tokenId: `${ID}/tokens/sync`, messageTtl: 'P2D' } };
const read = (changes: object) => toConnectedRegistry({ name: 'hall1', mode: 'ReadOnly', parent, ...changes });

describe('of a connected registry', () => {
  test.each([
    ['Active', true],
    ['active', true],
    ['INACTIVE', false],
    ['Activating', undefined],
    [undefined, undefined],
  ])('the activation %s is read as %s', (status, expected) => {
    expect(read({ activation: { status } }).isActive).toBe(expected);
    expect(read({}).isActive).toBeUndefined();
  });

  test('no sync token is read where it signs in with a managed identity', () => {
    const managed = { syncProperties: { authType: 'ManagedIdentity', messageTtl: 'P2D' } };
    expect(read({ parent: managed })).not.toHaveProperty('syncToken');
    expect(read({}).syncToken).toBe('sync');
  });

  test('an empty schedule stays one that cannot be read, and none is none', () => {
    expect(read({ parent: { syncProperties: { ...parent.syncProperties, schedule: '' } } }).schedule).toBe('');
    expect(read({})).not.toHaveProperty('schedule');
  });

  test('an omitted client list is empty, and ids in any case become names', () => {
    expect(read({}).clientTokens).toEqual([]);
    expect(read({ clientTokenIds: [`${ID.toUpperCase()}/TOKENS/One`] }).clientTokens).toEqual(['One']);
    expect(read({ parent: { ...parent, id: `${ID}/CONNECTEDREGISTRIES/above` } }).parent).toBe('above');
  });
});

describe('of a token', () => {
  const token = { name: 'a-token', scopeMapId: `${ID}/scopeMaps/map`, status: 'enabled' };

  test.each([
    ['enabled', true],
    ['Enabled', true],
    ['disabled', false],
    ['Disabled', false],
    ['locked', undefined],
    [undefined, undefined],
  ])('the status %s is read as %s', (status, expected) => {
    expect(toToken({ ...token, status: status as string }).isEnabled).toBe(expected);
  });

  test('slots are known in any case, and nothing is made up for one without its time', () => {
    const creationTime = new Date('2026-03-01T12:00:00Z');
    const read = (password: object) => toToken({ ...token, credentials: { passwords: [password] } });
    expect(read({ name: 'Password1', creationTime }).slots.password1?.createdAt).toBe('2026-03-01T12:00:00.000Z');
    expect(() => read({ name: 'password1' })).toThrow(UnreadableAnswer);
  });
});

test('a scope map without its actions is no map without rights', () => {
  expect(() => toScopeMap({ name: 'map' })).toThrow(UnreadableAnswer);
  expect(toScopeMap({ name: 'map', actions: [] }).actions).toEqual([]);
});
