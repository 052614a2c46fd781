import { expect, test } from 'vitest';
import counterRole from '../../infra/modules/assignmentCounterRole.json' with { type: 'json' };
import { neededActions } from '../../src/azure/arm/armActions.js';
import { ASKED_WITHOUT_RIGHT } from '../src/azure/arm/askedWithoutRight.js';
import { notedOperations } from '../e2e/harness/notedOperations.js';

/**
 * What the app does with `DEVICE_ACCESS`, by two more roles: that of the count, and Role Based Access Control
 * Administrator under a condition, which has these actions and reads everything.
 */
const FOR_DEVICES = [
  ...counterRole.actions,
  'Microsoft.Authorization/permissions/read',
  'Microsoft.Authorization/roleAssignments/delete',
  'Microsoft.Authorization/roleAssignments/read',
  'Microsoft.Authorization/roleAssignments/write',
];

/*
 * The control plane refuses the app what its role does not hold, so a right that is missing fails the tests that need
 * it.
 */
test('all end-to-end tests together use every right of the app’s roles, and no other', () => {
  const used = notedOperations().filter((one) => one !== ASKED_WITHOUT_RIGHT);
  expect(used).toEqual([...FOR_DEVICES, ...neededActions()].toSorted());
});
