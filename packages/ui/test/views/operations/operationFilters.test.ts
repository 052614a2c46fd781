import { OPERATION_KINDS, operationStatus } from '@connected-registry/protocol/answers/answers';
import { operationsQuery } from '@connected-registry/protocol/requests/listQueries';
import { describe, expect, test } from 'vitest';
import { clientKeyOf } from '../../../src/views/operations/clientKeyOf.js';
import {
  KINDS,
  operationFiltersOf,
  operationParameters,
  STATUSES,
  toggled,
} from '../../../src/views/operations/operationFilters.js';

describe('the filters of operations', () => {
  test('offer every kind and every status', () => {
    expect([...KINDS].sort()).toEqual([...OPERATION_KINDS].sort());
    expect([...STATUSES].sort()).toEqual([...operationStatus.options].sort());
  });

  test('come from the address, and unknown values select nothing', () => {
    const since = '2026-03-01T12:00:00Z';
    expect(operationFiltersOf({ kind: 'rotate', status: 'failed,rolledBack', code: 'bind-refused', since })).toEqual({
      kind: 'rotate',
      statuses: ['failed', 'rolledBack'],
      code: 'bind-refused',
      since,
    });
    expect(operationFiltersOf({ kind: 'x', status: 'x', code: '', since: 'x' })).toEqual({
      kind: undefined,
      statuses: [],
      code: undefined,
      since: undefined,
    });
  });

  test('become parameters that the API takes', () => {
    const filters = operationFiltersOf({
      kind: 'rotate',
      status: 'failed,rolledBack',
      since: '2026-03-01T12:00:00.000Z',
    });
    const parameters = operationParameters(filters, 'next');
    const sent = Object.fromEntries(
      Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    );
    expect(operationsQuery.parse(sent)).toMatchObject({
      kind: 'rotate',
      status: ['rolledBack', 'failed'],
      top: 50,
      continuation: 'next',
    });
    expect(operationParameters(operationFiltersOf({}), undefined)).toEqual({ top: 50 });
  });

  test('switch a status on and off', () => {
    expect(toggled([], 'failed')).toBe('failed');
    expect(toggled(['failed'], 'running')).toBe('running,failed');
    expect(toggled(['running', 'failed'], 'failed')).toBe('running');
    expect(toggled(['failed'], 'failed')).toBeUndefined();
  });
});

test.each([
  ['myregistry-cr-device-1-0123456789abcdef.mm7k3q8w00k2v9x1', 'myregistry-cr-device-1-0123456789abcdef'],
  ['checks', undefined],
  ['.run', undefined],
  ['key.', undefined],
  ['a.b.c', undefined],
])('the client of operation %s is %s', (id, key) => {
  expect(clientKeyOf(id)).toBe(key);
});
