import { expect, test } from 'vitest';
import {
  connectedRegistryView,
  type ReportedConnectedRegistry,
} from '../../../../src/domain/fleet/connectedRegistryView.js';

const item = (name: string, changes: Partial<ReportedConnectedRegistry> = {}): ReportedConnectedRegistry => ({
  name,
  mode: 'readonly',
  isActive: false,
  clientTokens: [],
  ...changes,
});
const viewOf = (one: ReportedConnectedRegistry, all = [one], syncActions?: readonly string[]) =>
  connectedRegistryView(one, {
    registry: 'myregistry',
    all,
    cap: 50,
    now: new Date('2026-03-01T12:30:00.000Z'),
    ...(syncActions ? { syncActions } : {}),
  });

test('shows the path from the cloud, whatever the case of names, and ends where parents lead back', () => {
  const all = [item('leaf', { parent: 'MIDDLE' }), item('middle', { parent: 'top' }), item('top')];
  expect(all.map((one) => viewOf(one, all).path)).toEqual([['top', 'MIDDLE', 'leaf'], ['top', 'middle'], ['top']]);
  const circle = [item('a', { parent: 'b' }), item('b', { parent: 'a' })];
  expect(viewOf(item('a', { parent: 'b' }), circle).path).toEqual(['b', 'a']);
});

test('shows members of Azure’s lists in their spelling, and leaves out what is unknown', () => {
  expect(viewOf(item('a'))).toMatchObject({ mode: 'ReadOnly', activation: 'Inactive' });
  const unknown = viewOf(item('a', { mode: 'x', isActive: undefined }));
  for (const name of ['mode', 'activation', 'connectionState', 'lastSync', 'repositories'])
    expect(unknown).not.toHaveProperty(name);
});

test('lists a hundred repositories, and counts all', () => {
  const actions = Array.from({ length: 120 }, (_, nth) => `repositories/r${nth}/content/read`);
  const { repositories, repositoryCount } = viewOf(item('a'), undefined, [...actions, 'repositories/w/content/write']);
  expect([repositories?.length, repositoryCount]).toEqual([100, 120]);
});
