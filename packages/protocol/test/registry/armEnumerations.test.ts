import { describe, expect, test } from 'vitest';
import { CONNECTED_REGISTRY_MODES, memberOf, takesWrites, TOKEN_STATUSES } from '../../src/registry/armEnumerations.js';
import { actionsCover, hasGatewayActions, pullableRepository, sameActions } from '../../src/names/permissions.js';

describe("a member of one of Azure's enumerations", () => {
  test.each(CONNECTED_REGISTRY_MODES)('is recognised in any case: %s', (mode) => {
    for (const text of [mode, mode.toLowerCase(), mode.toUpperCase()])
      expect(memberOf(CONNECTED_REGISTRY_MODES, text)).toBe(mode);
  });

  test.each(['', 'enable', 'locked', undefined])('is unknown if no member matches, without a default: %s', (text) => {
    expect(memberOf(TOKEN_STATUSES, text)).toBeUndefined();
  });
});

test.each([
  ['Registry', true],
  ['READWRITE', true],
  ['Mirror', false],
  ['readonly', false],
  ['Cache', undefined],
  ['', undefined],
  [undefined, undefined],
])('the mode %s accepts writes: %s', (mode, expected) => {
  expect(takesWrites(mode)).toBe(expected);
});

test('rights are compared regardless of case, also those of a connected registry', () => {
  const actions = ['Repositories/hello-world/Content/Read'];
  expect(actionsCover(actions, 'hello-world', 'content/read')).toBe(true);
  expect(sameActions(actions, ['repositories/hello-world/content/read'])).toBe(true);
  expect(pullableRepository(actions)).toBe('hello-world');
  expect(hasGatewayActions(['Gateway/hall1/config/read'])).toBe(true);
});
