import { expect, test } from 'vitest';
import { admittedRows } from '../../../src/activities/starting/admittedRows.js';
import type { RoundOfRuns } from '../../../src/activities/starting/rowRuns.js';

const registry = (name: string, subscriptionId: string) => ({ name, subscriptionId, resourceGroup: 'edge' });
const registries = [registry('first', 'one'), registry('second', 'one'), registry('third', 'other')] as const;

/** The registries of the rows that are started. @param rooms of each subscription, by its registries */
function started(kind: 'rotate' | 'check', rooms: Readonly<Record<string, number>>, rows: readonly string[]) {
  const round = { plan: { kind, waves: { size: 500, pauseSeconds: 0 } }, at: '2026-03-01T12:00:00.000Z' };
  const waiting = rows.map((name, row) => ({
    row,
    request: { registry: name, connectedRegistry: 'site', client: `c${row}` },
    status: { state: 'waiting', retry: 0 } as const,
  }));
  const pace = { room: (work: { readonly registry: string }) => rooms[work.registry] ?? 0 };
  const admitted = admittedRows(round as unknown as RoundOfRuns, waiting, {
    pace,
    config: { registries: [...registries] },
  });
  return admitted.map(({ request }) => request.registry);
}

test('a subscription without room does not hold back the rows of another one', () => {
  const rows = ['first', 'first', 'third', 'second', 'third'];
  expect(started('rotate', { first: 0, second: 0, third: 10 }, rows)).toEqual(['third', 'third']);
});

test('registries of one subscription share its room', () => {
  const rows = ['first', 'second', 'third', 'second', 'third'];
  expect(started('rotate', { first: 2, second: 2, third: 10 }, rows)).toEqual(['first', 'second', 'third', 'third']);
});

test('rows of one check start together or not at all', () => {
  const rows = Array.from({ length: 250 }, () => 'first');
  expect(started('check', { first: 1 }, rows)).toHaveLength(100);
  expect(started('check', { first: 150 }, rows)).toHaveLength(200);
  expect(started('check', { first: 0 }, rows)).toEqual([]);
});

test('rows that name an identity count double beside the others, and share the room of one vault', () => {
  const given = { identity: { principalId: '11111111-1111-1111-1111-111111111111' } };
  const startedOf = (rows: readonly (readonly [string, boolean])[]) => {
    const round = { plan: { kind: 'onboard', waves: { size: 500, pauseSeconds: 0 } }, at: '2026-03-01T12:00:00.000Z' };
    const waiting = rows.map(([name, gives], row) => ({
      row,
      request: { registry: name, connectedRegistry: `site-${row}`, client: `c${row}`, ...(gives ? given : {}) },
      status: { state: 'waiting', retry: 0 } as const,
    }));
    const pace = { room: ({ givesAccess }: { readonly givesAccess?: boolean }) => (givesAccess === true ? 2 : 5) };
    return admittedRows(round as unknown as RoundOfRuns, waiting, {
      pace,
      config: { registries: [...registries] },
    }).map(({ row }) => row);
  };
  // Two registries, one vault.
  expect(
    startedOf([
      ['first', true],
      ['third', true],
      ['third', true],
      ['first', true],
    ]),
  ).toEqual([0, 1]);
  // One that counts double leaves room for three others.
  expect(startedOf([['first', true], ...Array.from({ length: 9 }, () => ['first', false] as const)])).toEqual([
    0, 1, 2, 3,
  ]);
  expect(
    startedOf([
      ['first', false],
      ['first', true],
      ['first', true],
    ]),
  ).toEqual([0, 1]);
});
