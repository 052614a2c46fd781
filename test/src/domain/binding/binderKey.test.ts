import { expect, test } from 'vitest';
import { binderKey } from '../../../../src/domain/binding/bindingRequests.js';

test('the key of a binder is the same for every spelling of a connected registry', () => {
  expect(binderKey('MyRegistry', 'Edge1')).toBe(binderKey('myregistry', 'EDGE1'));
  expect(binderKey('myregistry', 'edge1')).not.toBe(binderKey('myregistry', 'edge2'));
});
