import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  candidateSecretName,
  defaultScopeMapName,
  defaultTokenName,
  isDefaultTokenName,
  isSystemScopeMap,
  mainSecretName,
  NAME_RULES,
} from '../../src/names/names.js';
import { clientReference, DEVICE_ALPHABET, permissions } from '../../../../test/shared/arbitraries.js';

describe('default names', () => {
  test('of scope maps are valid, at most 41 characters, and never a system map', () => {
    fc.assert(
      fc.property(permissions, (given) => {
        const name = defaultScopeMapName(given);
        expect(name).toMatch(NAME_RULES.scopeMap);
        expect(name.length).toBeLessThanOrEqual(41);
        expect(isSystemScopeMap(name)).toBe(false);
      }),
    );
  });

  test('of scope maps are the same for equal rights only', () => {
    const name = defaultScopeMapName({ a: ['content/read', 'metadata/read'], b: ['content/read'] });
    expect(defaultScopeMapName({ b: ['content/read'], a: ['metadata/read', 'content/read'] })).toBe(name);
    expect(defaultScopeMapName({ a: ['content/read'], b: ['content/read'] })).not.toBe(name);
    expect(defaultScopeMapName({ a: ['content/read', 'metadata/read'] })).not.toBe(name);
  });

  test('of tokens are valid, at most 50 characters, and never the name of a connected registry', () => {
    fc.assert(
      fc.property(clientReference, (reference) => {
        const name = defaultTokenName(reference);
        expect(name).toMatch(NAME_RULES.token);
        expect(name.length).toBeLessThanOrEqual(50);
        expect(name).not.toMatch(NAME_RULES.connectedRegistry);
      }),
    );
  });

  test('of tokens differ between clients, and not between spellings of a registry', () => {
    const reference = { registry: 'myregistry', connectedRegistry: 'edge1', client: 'sensor' };
    const name = defaultTokenName(reference);
    expect(defaultTokenName({ ...reference, client: 'Sensor' })).not.toBe(name);
    expect(defaultTokenName({ ...reference, connectedRegistry: 'edge2' })).not.toBe(name);
    expect(defaultTokenName({ ...reference, registry: 'MYREGISTRY', connectedRegistry: 'EDGE1' })).toBe(name);
  });

  test('of tokens end in a lower-case hash of at least 96 bits, by which they are recognised', () => {
    fc.assert(
      fc.property(clientReference, (reference) => {
        const name = defaultTokenName(reference);
        const digits = name.split('-').at(-1) ?? '';
        expect([name.toLowerCase(), isDefaultTokenName(name)]).toEqual([name, true]);
        expect(digits.length * Math.log2(36)).toBeGreaterThanOrEqual(96);
      }),
    );
    expect(isDefaultTokenName('myconnectedregistry-client-token')).toBe(false);
  });

  test('of secrets are valid in Key Vault and sort next to each other', () => {
    fc.assert(
      fc.property(clientReference, (reference) => {
        for (const name of [mainSecretName(reference), candidateSecretName(reference)])
          expect(name).toMatch(/^[0-9a-zA-Z-]{1,127}$/);
        expect(candidateSecretName(reference)).not.toBe(mainSecretName(reference));
      }),
    );
  });
});

describe('name rules', () => {
  test.each([
    ['registry', 'ab-cd'],
    ['connectedRegistry', 'edge-1'],
    ['connectedRegistry', 'edge'],
    ['scopeMap', 'a b c d'],
    ['scopeMap', 'abcd'],
    ['scopeMap', 'a'.repeat(51)],
    ['token', 'with_underscore'],
    ['token', 'abcd'],
    ['client', ''],
    ['client', 'a b'],
    ['client', 'a/b'],
    ['client', 'ä'],
    ['client', 'a'.repeat(129)],
    ['client', 'a\nb'],
    ['client', 'a\n'],
  ] as const)('refuse the %s %j', (rule, name) => expect(name).not.toMatch(NAME_RULES[rule]));

  test('accept every character of an IoT Hub device id', () => {
    for (const character of DEVICE_ALPHABET) expect(character).toMatch(NAME_RULES.client);
  });

  test('recognise system scope maps in any case', () => {
    expect(isSystemScopeMap('_repositories_pull')).toBe(true);
    expect(isSystemScopeMap('_Repositories_Admin')).toBe(true);
    expect(isSystemScopeMap('repositories')).toBe(false);
  });
});
