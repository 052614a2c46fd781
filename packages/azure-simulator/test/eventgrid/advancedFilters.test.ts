import { describe, expect, it } from 'vitest';
import { advancedFilters, passes } from '../../src/eventgrid/advancedFilters.js';
import type { AnyEvent } from '../../src/eventgrid/events.js';

const event: AnyEvent = {
  schema: 'EventGridSchema',
  event: {
    id: '1',
    subject: 'Devices/One',
    eventType: 'Made.Up',
    eventTime: '2030-01-01T00:00:00Z',
    dataVersion: '1',
    data: { number: 10, flag: true, text: 'Redwood', nothing: null, deep: { er: 'x' }, list: ['blue', 'green'] },
  },
};

describe('an advanced filter', () => {
  it.each<[string, string, object, boolean]>([
    ['NumberIn', 'data.number', { values: [1, 10] }, true],
    ['NumberIn', 'data.number', { values: [1] }, false],
    ['NumberNotIn', 'data.number', { values: [1] }, true],
    ['NumberNotIn', 'data.number', { values: [10] }, false],
    ['NumberInRange', 'data.number', { values: [[1, 10]] }, true],
    ['NumberNotInRange', 'data.number', { values: [[1, 10]] }, false],
    ['NumberLessThan', 'data.number', { value: 10 }, false],
    ['NumberLessThanOrEquals', 'data.number', { value: 10 }, true],
    ['NumberGreaterThan', 'data.number', { value: 9 }, true],
    ['NumberGreaterThanOrEquals', 'data.number', { value: 11 }, false],
    ['BoolEquals', 'data.flag', { value: true }, true],
    ['BoolEquals', 'data.text', { value: true }, false],
    ['StringIn', 'data.deep.er', { values: ['X'] }, true],
    ['StringBeginsWith', 'data.text', { values: ['red'] }, true],
    ['StringEndsWith', 'Subject', { values: ['/one'] }, true],
    ['StringContains', 'data.text', { values: ['blue'] }, false],
    ['StringNotBeginsWith', 'data.text', { values: ['Red'] }, false],
    ['StringNotEndsWith', 'data.text', { values: ['red'] }, true],
    ['StringNotContains', 'data.text', { values: ['WOOD'] }, false],
    ['IsNullOrUndefined', 'data.nothing', {}, true],
    ['IsNullOrUndefined', 'data.number', {}, false],
    ['IsNotNull', 'data.number', {}, true],
    ['IsNotNull', 'data.absent', {}, false],
    ['StringIn', 'data.absent', { values: ['x'] }, false],
    ['StringNotIn', 'data.absent', { values: ['x'] }, true],
    ['NumberNotInRange', 'data.absent', { values: [[0, 1]] }, true],
    ['StringIn', 'data.list', { values: ['blue'] }, false],
  ])('%s of %s with %o passes the event: %s', (operatorType, key, rest, passed) =>
    expect(passes(advancedFilters.parse([{ operatorType, key, ...rest }]), false, event)).toBe(passed),
  );

  it('compares the elements of a list only if filtering on arrays is enabled', () => {
    const blue = (operatorType: string) =>
      advancedFilters.parse([{ operatorType, key: 'data.list', values: ['Blue'] }]);
    expect(passes(blue('StringIn'), true, event)).toBe(true);
    expect(passes(blue('StringNotIn'), true, event)).toBe(false);
  });

  it('passes an event only if all conditions pass it', () => {
    const two = advancedFilters.parse([
      { operatorType: 'IsNotNull', key: 'data.number' },
      { operatorType: 'NumberIn', key: 'data.number', values: [11] },
    ]);

    expect(passes(two, false, event)).toBe(false);
    expect(passes([], false, event)).toBe(true);
  });

  it.each([
    { operatorType: 'StringLike', key: 'data.text', values: ['x'] },
    { operatorType: 'NumberIn', key: 'data.number', values: ['10'] },
    { operatorType: 'StringIn', key: 'data.text', values: Array.from({ length: 26 }, String) },
  ])('is refused if invalid: %o', (one) => expect(advancedFilters.safeParse([one]).success).toBe(false));
});
