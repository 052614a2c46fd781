import { expect, test } from 'vitest';
import { config } from '../fakes/answers/requests.js';
import { problemsOf } from './problemsOf.js';

const entra = { OPERATOR_AUTH: 'entra', OPERATOR_ROLE: 'Onboarding.Operator', WEBSITE_AUTH_ENABLED: 'True' };

test('there is a fleet page unless a setting takes it away', () => {
  expect(config({ FLEET_PAGE: 'false' }).fleetPage).toBeUndefined();
  expect(config({ FLEET_PAGE: 'true' }).fleetPage).toEqual(config().fleetPage);
});

test.each([
  [{}, 'keyOnLoopback'],
  [{ FLEET_PAGE_KEYS: 'false' }, 'keyOnLoopback'],
  [{ FLEET_PAGE_KEYS: 'true' }, 'key'],
  [entra, 'entra'],
  [{ ...entra, FLEET_PAGE_KEYS: 'true' }, 'entra'],
])('the fleet page signs in as the settings say: %j', (given, signIn) => {
  expect(config(given).fleetPage).toEqual({ signIn });
});

test.each(['FLEET_PAGE', 'FLEET_PAGE_KEYS'])('%s is true or false', (name) => {
  expect(problemsOf({ [name]: 'yes' })).toEqual([`setting ${name} must be true or false`]);
});
