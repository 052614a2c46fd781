import { expect, test } from 'vitest';
import { neededActions } from '../../src/azure/arm/armActions.js';
import { ASKED_WITHOUT_RIGHT } from '../src/azure/arm/askedWithoutRight.js';
import { notedOperations } from '../e2e/harness/notedOperations.js';

/* The control plane refuses the app what its role does not hold, so a right that is missing fails the tests that need it. */
test('all end-to-end tests together use every right of the app’s role, and no other', () => {
  expect(notedOperations().filter((one) => one !== ASKED_WITHOUT_RIGHT)).toEqual(neededActions());
});
