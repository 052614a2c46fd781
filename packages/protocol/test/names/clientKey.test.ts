import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientKey, shortHash, slug, type ClientReference } from '../../src/names/clientKey.js';
import { clientReference, deviceId } from '../../../../test/shared/arbitraries.js';

describe('clientKey', () => {
  test('fits an instance id, a URL and a secret name with -candidate for every client', () => {
    fc.assert(
      fc.property(clientReference, (reference) => {
        const key = clientKey(reference);
        expect(key).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
        expect(key.length).toBeLessThanOrEqual(95);
      }),
    );
  });

  test('is the same for every spelling of the registry and connected registry', () => {
    fc.assert(
      fc.property(clientReference, (reference) => {
        const shouted = {
          ...reference,
          registry: reference.registry.toUpperCase(),
          connectedRegistry: reference.connectedRegistry.toUpperCase(),
        };
        expect(clientKey(shouted)).toBe(clientKey(reference));
      }),
    );
  });

  test('distinguishes device ids that differ only in case', () => {
    const reference = { registry: 'myregistry', connectedRegistry: 'edge1', client: 'Sensor-7' };
    expect(clientKey(reference)).not.toBe(clientKey({ ...reference, client: 'sensor-7' }));
  });

  test('distinguishes every two clients that ARM and IoT Hub distinguish', () => {
    const identity = ({ registry, connectedRegistry, client }: ClientReference) =>
      JSON.stringify([registry.toLowerCase(), connectedRegistry.toLowerCase(), client]);
    fc.assert(
      fc.property(clientReference, clientReference, (left, right) => {
        expect(clientKey(left) === clientKey(right)).toBe(identity(left) === identity(right));
      }),
    );
  });

  test('distinguishes clients with equal readable parts', () => {
    const reference = { registry: 'myregistry', connectedRegistry: 'edge1' };
    const keys = ['a:b', 'a.b', 'a-b', 'a_b', 'a--b', '-a-b'].map((client) => clientKey({ ...reference, client }));
    expect(new Set(keys).size).toBe(6);
  });

  test('separates its parts, so that no two clients share a key', () => {
    const left = { registry: 'abcde', connectedRegistry: 'fghij', client: 'k' };
    const right = { registry: 'abcde', connectedRegistry: 'fghi', client: 'jk' };
    expect(clientKey(left)).not.toBe(clientKey(right));
  });

  test('never changes between releases, because instances and secrets are found by it', () => {
    expect(clientKey({ registry: 'MyRegistry', connectedRegistry: 'MyConnectedRegistry', client: 'Sensor:7' })).toBe(
      `myregistry-myconnectedregistry-sensor-7-${shortHash(['myregistry', 'myconnectedregistry', 'Sensor:7'], 16)}`,
    );
  });
});

describe('slug', () => {
  test('is never empty or too long, and never begins or ends with a hyphen', () => {
    fc.assert(
      fc.property(fc.oneof(deviceId, fc.string()), fc.integer({ min: 1, max: 40 }), (text, length) => {
        const made = slug(text, length);
        expect(made).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
        expect(made.length).toBeLessThanOrEqual(length);
      }),
    );
  });
});
