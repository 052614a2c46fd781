import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearClients } from '../../../../src/domain/clients/nearNames.js';

const of = (client: string, connectedRegistry = 'plantone', registry = 'myregistry') => ({
  registry,
  connectedRegistry,
  client,
});
const near = (wanted: string, ...known: ReturnType<typeof of>[]) =>
  nearClients(of(wanted), known).map(({ client, connectedRegistry }) => `${client}@${connectedRegistry}`);

describe('names similar to an unknown one', () => {
  test('differ in case, in a few letters, or in the connected registry; the closest come first', () => {
    const known = [of('sensor-77'), of('Sensor-7'), of('sensor-7', 'planttwo'), of('camera-1'), of('snesor-7')];
    const found = near('sensor-7', ...known);
    expect(found.slice(0, 3).toSorted()).toEqual(
      ['Sensor-7@plantone', 'sensor-77@plantone', 'sensor-7@planttwo'].toSorted(),
    );
    expect(found.slice(3)).toEqual(['snesor-7@plantone']);
  });

  test('are in the same registry, and at most five', () => {
    expect(near('device-1', of('device-2', 'plantone', 'otherregistry'))).toEqual([]);
    const many = Array.from({ length: 9 }, (_, nth) => of(`device-${nth + 2}`));
    expect(near('device-1', ...many)).toHaveLength(5);
  });

  test('are not very different names, nor short names with one of three letters changed', () => {
    expect(near('ab', of('xy'), of('abcdef'))).toEqual([]);
    expect(near('gateway-9', of('gateway-9', 'planttwo'), of('gateway-8', 'planttwo'))).toEqual(['gateway-9@planttwo']);
  });
});

test('the distance of two names is a metric that one change raises by at most one', () => {
  const name = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(name, name, fc.nat(20), (left, right, at) => {
      expect(editDistance(left, left)).toBe(0);
      expect(editDistance(left, right)).toBe(editDistance(right, left));
      expect(editDistance(left, right)).toBeLessThanOrEqual(Math.max(left.length, right.length));
      const changed = `${right.slice(0, at)}x${right.slice(at)}`;
      expect(Math.abs(editDistance(left, changed) - editDistance(left, right))).toBeLessThanOrEqual(1);
    }),
  );
});
