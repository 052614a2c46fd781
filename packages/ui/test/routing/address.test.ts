import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashOf, matchPath, parseAddress, pathOf, pathTo } from '../../src/routing/address.js';

describe('an address', () => {
  test.each([
    ['', '/', {}],
    ['#', '/', {}],
    ['#/clients', '/clients', {}],
    ['#clients', '/clients', {}],
    ['#/clients?state=expired,ok&q=a%26b', '/clients', { state: 'expired,ok', q: 'a&b' }],
    ['#/clients?q=what?', '/clients', { q: 'what?' }],
  ])('%j is read', (hash, path, query) => {
    expect(parseAddress(hash)).toEqual({ path, query });
  });

  test('leaves out what has no value', () => {
    expect(hashOf('/clients', { state: undefined, q: '', sort: '-expires' })).toBe('#/clients?sort=-expires');
    expect(hashOf('/clients', {})).toBe('#/clients');
  });

  test('is read as it was written, whatever names contain', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ minLength: 1 }), (key, search) => {
        const { path, query } = parseAddress(hashOf(pathOf('clients', key), { q: search }));
        expect([matchPath('/clients/:key', path), query]).toEqual([{ key }, { q: search }]);
      }),
    );
  });
});

describe('a path', () => {
  test.each([
    ['/', '/', {}],
    ['/clients', '/clients', {}],
    ['/clients', '/clients/', undefined],
    ['/clients', '/rollouts', undefined],
    ['/clients/:key', '/clients', undefined],
    ['/clients/:key', '/clients/', undefined],
    ['/clients/:key', '/clients/a', { key: 'a' }],
    ['/clients/:key', '/clients/a/b', undefined],
    ['/clients/:key', '/clients/a%2Fb', { key: 'a/b' }],
    ['/clients/:key', '/clients/%E0%A4%A', undefined],
  ])('%s matches %s: %j', (pattern, path, params) => {
    expect(matchPath(pattern, path)).toEqual(params);
  });

  test('has its parts encoded', () => {
    expect(pathTo('rollouts', '../x?y#z', 'clients')).toBe('rollouts/..%2Fx%3Fy%23z/clients');
  });
});
