import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actionsCover,
  hasGatewayActions,
  isRepositoryPattern,
  isWildcard,
  patternCovers,
  permissionsCover,
  sameActions,
  toActions,
  type RepositoryAction,
} from '../../src/names/permissions.js';
import { permissions, plainRepository, repositoryPattern } from '../../../../test/shared/arbitraries.js';

/** ACR's rule in so many words: `*` is all, `prefix/*` all below the prefix, anything else itself. */
function matches(pattern: string, repository: string): boolean {
  if (pattern === '*') return true;
  if (!pattern.endsWith('/*')) return pattern === repository;
  const prefix = pattern.split('/').slice(0, -1);
  const parts = repository.split('/');
  return parts.length > prefix.length && prefix.every((part, index) => part === parts[index]);
}

describe('repository names', () => {
  test.each(['a', 'hello-world', 'samples/nginx', 'a.b_c__d', 'a--b/c', '*', 'samples/*', 'a/b/*', '0', 'constructor'])(
    '%s is accepted',
    (name) => expect(isRepositoryPattern(name)).toBe(true),
  );
  test.each([
    '',
    'Hello',
    '/a',
    'a/',
    'a//b',
    '-a',
    'a-',
    'a.-b',
    'a___b',
    'a*',
    'a/b*',
    '*/a',
    '**',
    'a/**',
    'a b',
    'ä',
  ])('"%s" is refused', (name) => expect(isRepositoryPattern(name)).toBe(false));

  test('may have at most 255 characters', () => {
    expect(isRepositoryPattern('a'.repeat(255))).toBe(true);
    expect(isRepositoryPattern('a'.repeat(256))).toBe(false);
  });

  // A pattern that backtracks would take longer than anybody waits: 2 to the power of 127 steps.
  test('are parsed without endless backtracking', () => {
    expect(isRepositoryPattern(`${'a-'.repeat(127)}!`)).toBe(false);
    expect(isRepositoryPattern(`${'a'.repeat(254)}!`)).toBe(false);
  });

  test('are wildcards only if they end in a star', () => {
    expect(['*', 'a/*'].every(isWildcard)).toBe(true);
    expect(isWildcard('a')).toBe(false);
  });
});

describe('coverage', () => {
  test('of a plain repository is what ACR matches', () => {
    fc.assert(
      fc.property(repositoryPattern, plainRepository, (granted, repository) => {
        expect(patternCovers(granted, repository)).toBe(matches(granted, repository));
      }),
    );
  });

  test('of a wildcard includes everything that it matches', () => {
    fc.assert(
      fc.property(repositoryPattern, repositoryPattern, plainRepository, (granted, pattern, repository) => {
        const reaches = patternCovers(granted, pattern) && matches(pattern, repository);
        expect(!reaches || matches(granted, repository)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['samples/*', '*'],
    ['samples/*', 'samples'],
    ['samples/*', 'samples2/a'],
    ['samples/a', 'samples/*'],
    ['samples/a/*', 'samples/*'],
  ])('of %s does not reach %s', (granted, pattern) => expect(patternCovers(granted, pattern)).toBe(false));

  test('is the sum of a scope map’s entries, for each action', () => {
    fc.assert(
      fc.property(permissions, plainRepository, (granted, repository) => {
        const action: RepositoryAction = 'content/read';
        const expected = Object.entries(granted).some(
          ([pattern, list]) => list.includes(action) && matches(pattern, repository),
        );
        expect(permissionsCover(granted, repository, action)).toBe(expected);
      }),
    );
  });

  test('ignores invalid action strings and gateway rights', () => {
    const odd = ['gateway/edge/config/read', 'repositories/content/read', 'repositories//content/read', '', 'a'];
    expect(actionsCover(odd, 'a', 'content/read')).toBe(false);
  });

  test('recognises repositories whose names look like actions', () => {
    expect(actionsCover(['repositories/content/read/content/read'], 'content/read', 'content/read')).toBe(true);
    expect(actionsCover(['repositories/content/read/content/read'], 'content', 'content/read')).toBe(false);
  });
});

describe('action strings', () => {
  test('are equal lists for equal permissions, in any order of input', () => {
    fc.assert(
      fc.property(permissions, (given) => {
        const reversed = Object.fromEntries(
          Object.entries(given)
            .reverse()
            .map(([name, list]) => [name, [...list].reverse()]),
        );
        expect(toActions(reversed)).toEqual(toActions(given));
        expect(new Set(toActions(given)).size).toBe(Object.values(given).flat().length);
      }),
    );
  });

  test('are equal as sets for equal permissions only', () => {
    const list = fc.array(fc.constantFrom<string[]>('a', 'b', 'c'), { maxLength: 5 });
    fc.assert(
      fc.property(list, list, (left, right) => {
        const expected = ['a', 'b', 'c'].every((item) => left.includes(item) === right.includes(item));
        expect(sameActions(left, right)).toBe(expected);
      }),
    );
  });

  test('with gateway rights are distinguished', () => {
    expect(hasGatewayActions(['repositories/a/content/read'])).toBe(false);
    expect(hasGatewayActions(['repositories/a/content/read', 'gateway/edge/message/read'])).toBe(true);
    expect(hasGatewayActions(['repositories/gateway/content/read'])).toBe(false);
  });
});
