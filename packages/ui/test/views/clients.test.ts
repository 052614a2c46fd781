import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import { CLIENT_STATES } from '@connected-registry/protocol/answers/clientAnswers';
import { describe, expect, test } from 'vitest';
import type { Query } from '../../src/routing/address.js';
import { clientsCsv } from '../../src/views/clients/clientCsv.js';
import { filtersOf, selected } from '../../src/views/clients/clientFilters.js';
import { DEFAULT_SORT, knownSort, sorted } from '../../src/views/clients/clientOrder.js';
import { STATES } from '../../src/views/clients/clientStates.js';
import { ROW } from '../fakes/samples.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

const failed = {
  operation: 'o1',
  kind: 'rotate',
  status: 'failed',
  code: 'pull-check-deadline',
  startedAt: '2026-03-01T10:00:00.000Z',
} as const;

const rows: readonly InventoryRow[] = [
  { ...ROW, client: 'sensor-10', key: 'k10' },
  { ...ROW, client: 'sensor-9', key: 'k9', state: 'expiring', expiresOn: '2026-03-05T00:00:00.000Z' },
  { ...ROW, client: 'Press', key: 'k-press', connectedRegistry: 'plant-2', state: 'drifted', lastRun: failed },
  {
    ...ROW,
    client: 'oven',
    key: 'k-oven',
    registry: 'other',
    state: 'expired',
    expiresOn: '2026-02-28T00:00:00.000Z',
    rotationDueAt: '2026-01-30T00:00:00.000Z',
    lastRun: { ...failed, status: 'running', kind: 'onboard', startedAt: '2026-03-01T11:00:00.000Z' },
  },
];

const names = (list: readonly InventoryRow[]) => list.map(({ client }) => client);
const found = (query: Query) => names(selected(rows, filtersOf(query), NOW));

test('the page knows all states, in the order of the app', () => {
  expect(STATES).toEqual(CLIENT_STATES);
});

test('who was revoked needs no renewal: the overview does not count such a client, and its links do not select it', () => {
  const revoked = {
    ...ROW,
    state: 'revoked',
    expiresOn: '2026-03-05T00:00:00.000Z',
    rotationDueAt: '2026-02-01T00:00:00.000Z',
  } as const;
  expect(selected([revoked], filtersOf({ expires: '30' }), NOW)).toEqual([]);
  expect(selected([revoked], filtersOf({ due: 'yes' }), NOW)).toEqual([]);
});

describe('clients are selected', () => {
  test.each([
    [{}, ['sensor-10', 'sensor-9', 'Press', 'oven']],
    [{ state: 'expired' }, ['oven']],
    [{ state: 'expired,drifted' }, ['Press', 'oven']],
    [{ state: 'nonsense' }, ['sensor-10', 'sensor-9', 'Press', 'oven']],
    [{ registry: 'other' }, ['oven']],
    [{ registry: 'myregistry', connectedRegistry: 'plant-2' }, ['Press']],
    [{ connectedRegistry: 'gone' }, []],
    [{ expires: '7' }, ['sensor-9']],
    [{ expires: '3' }, []],
    [{ expires: 'soon' }, ['sensor-10', 'sensor-9', 'Press', 'oven']],
    [{ due: 'yes' }, ['oven']],
    [{ run: 'failed' }, ['Press']],
    [{ run: 'running', kind: 'onboard' }, ['oven']],
    [{ run: 'running', kind: 'rotate' }, []],
    [{ code: 'pull-check-deadline', run: 'failed' }, ['Press']],
    [{ q: 'SENSOR' }, ['sensor-10', 'sensor-9']],
    [{ q: ' plant-2 ' }, ['Press']],
    [{ q: 'k-oven' }, ['oven']],
    [{ q: 'sensor', state: 'ok' }, ['sensor-10']],
  ])('by %j', (query, clients) => {
    expect(found(query)).toEqual(clients);
  });
});

describe('clients are sorted', () => {
  test.each([
    ['client', ['oven', 'Press', 'sensor-9', 'sensor-10']],
    ['-client', ['sensor-10', 'sensor-9', 'Press', 'oven']],
    ['state', ['oven', 'Press', 'sensor-9', 'sensor-10']],
    ['expires', ['oven', 'sensor-9', 'Press', 'sensor-10']],
    ['due', ['oven', 'Press', 'sensor-9', 'sensor-10']],
    ['-run', ['sensor-9', 'sensor-10', 'oven', 'Press']],
    ['registry', ['sensor-9', 'sensor-10', 'Press', 'oven']],
  ])('by %s', (sort, clients) => {
    expect(names(sorted(rows, sort))).toEqual(clients);
  });

  test('and stay as they were in what was given', () => {
    const before = names(rows);
    sorted(rows, 'client');
    expect(names(rows)).toEqual(before);
  });

  test.each([undefined, '', 'nonsense', 'toString', '-constructor'])('by the worst state first for %j', (sort) => {
    expect(knownSort(sort)).toBe(DEFAULT_SORT);
  });

  test('as the address says', () => {
    expect(knownSort('-expires')).toBe('-expires');
  });
});

test('the CSV has a line for each client that is shown, in that order, and computes nothing', () => {
  const csv = clientsCsv([
    { ...ROW, client: '=cmd()', differences: ['endpoint', 'binding-missing'] },
    ...rows.slice(2, 3),
  ]);
  const [header, first, second, ...rest] = csv.replace('\ufeff', '').split('\r\n');
  expect(header).toBe(
    '"registry","connectedRegistry","client","state","differences","slot","issuedAt","verifiedAt","expiresOn","rotationDueAt","lastRun","lastRunStatus","lastRunCode","lastRunStartedAt","operation"',
  );
  expect(first).toMatch(/^"myregistry","plant-1","'=cmd\(\)","ok","endpoint binding-missing","password1",.*,,,,,$/);
  expect(second).toMatch(
    /^"myregistry","plant-2","Press","drifted",.*,"rotate","failed","pull-check-deadline","2026-03-01T10:00:00.000Z","o1"$/,
  );
  expect(rest).toEqual(['']);
});
