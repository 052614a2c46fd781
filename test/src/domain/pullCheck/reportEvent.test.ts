import { describe, expect, test } from 'vitest';
import { reportEventName, reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { report } from '../../fakes/worlds/onboardScript.js';

describe('a report event', () => {
  test('is named by run and attempt', () => {
    expect(new Set([reportEventName('a', 1), reportEventName('a', 2), reportEventName('b', 1)]).size).toBe(3);
    expect(reportEventName('run7', 3)).toBe('report-run7-3');
  });

  test('has the same hash for equal content, regardless of the order of fields', () => {
    const given = report();
    const reversed = Object.fromEntries(Object.entries(given).reverse()) as typeof given;
    expect(reportHash(reversed)).toBe(reportHash(given));
    expect(reportHash({ ...given, milliseconds: given.milliseconds + 1 })).not.toBe(reportHash(given));
  });
});
