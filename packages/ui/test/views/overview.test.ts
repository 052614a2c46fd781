import { CONNECTION_STATES } from '@connected-registry/protocol/registry/armEnumerations';
import { expect, test } from 'vitest';
import { fillTone, stateOf, worstFirst } from '../../src/views/overview/connectedRegistryState.js';
import { CONNECTED_REGISTRY } from '../fakes/samples.js';

test.each([
  ['Active', 'Online', 'online'],
  ['Active', 'Syncing', 'syncing'],
  ['Active', 'Offline', 'offline'],
  ['Active', 'Unhealthy', 'unhealthy'],
  ['Active', undefined, 'unknown'],
  [undefined, undefined, 'unknown'],
  ['Inactive', 'Offline', 'not activated'],
  ['Inactive', undefined, 'not activated'],
] as const)('a connected registry that is %s and %s is called %s', (activation, connectionState, word) => {
  expect(
    stateOf({
      ...(activation === undefined ? {} : { activation }),
      ...(connectionState === undefined ? {} : { connectionState }),
    }).word,
  ).toBe(word);
});

test('each state of a connection has a word of its own', () => {
  const words = CONNECTION_STATES.map((connectionState) => stateOf({ activation: 'Active', connectionState }).word);
  expect(new Set([...words, 'unknown']).size).toBe(CONNECTION_STATES.length + 1);
});

test('what needs a look comes first, then names as people count', () => {
  const all = [
    { ...CONNECTED_REGISTRY, name: 'plant-10' },
    { ...CONNECTED_REGISTRY, name: 'plant-9' },
    { ...CONNECTED_REGISTRY, name: 'gone', connectionState: 'Offline' as const },
    { ...CONNECTED_REGISTRY, name: 'ill', connectionState: 'Unhealthy' as const },
  ];
  expect(worstFirst(all).map(({ name }) => name)).toEqual(['gone', 'ill', 'plant-9', 'plant-10']);
});

test.each([
  [0, 'busy'],
  [47, 'busy'],
  [48, 'warn'],
  [50, 'bad'],
  [51, 'bad'],
] as const)('%d clients of 50 are shown as %s', (clients, tone) => {
  expect(fillTone({ clients, cap: 50 })).toBe(tone);
});
