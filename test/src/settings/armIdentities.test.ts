import { describe, expect, test } from 'vitest';
import { armPrincipals } from '../../../src/settings/armIdentities.js';
import { config } from '../fakes/answers/requests.js';
import { problemsOf } from './problemsOf.js';

const idOf = (nth: number): string => `11111111-aaaa-4bbb-8ccc-${String(nth).padStart(12, '0')}`;
const ids = (count: number): string => Array.from({ length: count }, (_, nth) => idOf(nth)).join();

describe('ARM_IDENTITIES', () => {
  test('adds identities to the app’s own', () => {
    const { arm, identity } = config({ AZURE_CLIENT_ID: idOf(9), ARM_IDENTITIES: ` ${ids(2).toUpperCase()}, ` });
    expect(arm.identities).toEqual([idOf(0), idOf(1)]);
    expect(armPrincipals({ arm, identity })).toEqual([idOf(9), idOf(0), idOf(1)]);
  });

  test('is empty by default: then the app’s own identity sends all requests', () => {
    expect(armPrincipals(config())).toEqual(['own']);
    expect(armPrincipals(config({ AZURE_CLIENT_ID: idOf(1) }))).toEqual([idOf(1)]);
  });

  test.each([
    ['no client id', 'another-app'],
    ['a resource id', `/subscriptions/${idOf(1)}`],
    ['one id twice', `${idOf(1)},${idOf(1).toUpperCase()}`],
    ['more than a subscription has room for', ids(15)],
  ])('is refused with %s', (_, ARM_IDENTITIES) => {
    expect(problemsOf({ ARM_IDENTITIES })).toEqual([
      'setting ARM_IDENTITIES must list at most 14 different client ids of user-assigned identities, separated by commas',
    ]);
  });

  test('may have fourteen', () => {
    expect(problemsOf({ ARM_IDENTITIES: ids(14) })).toEqual([]);
  });

  test('is refused when it repeats the app’s own identity', () => {
    expect(problemsOf({ AZURE_CLIENT_ID: idOf(1).toUpperCase(), ARM_IDENTITIES: ids(2) })).toEqual([
      "setting ARM_IDENTITIES must not contain AZURE_CLIENT_ID, which is the app's first identity",
    ]);
  });

  test('is refused for a credential that is no managed identity', () => {
    expect(problemsOf({ CREDENTIAL_KIND: 'azureCli', ARM_IDENTITIES: ids(2) })).toEqual([
      'setting ARM_IDENTITIES must be empty unless CREDENTIAL_KIND is managedIdentity',
    ]);
  });
});
