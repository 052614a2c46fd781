import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generationOf } from '../../src/arm/generations.js';
import { Cloud } from '../../../../test/shared/cloud.js';

/* As recorded with registries that were created with that api-version. Of two recorded behaviours, the later counts. */
describe('a registry', () => {
  it.each([
    ['2019-12-01-preview', { passwordLength: 32, listsCertificates: true, makesRegistriesLater: false }],
    ['2020-11-01-preview', { passwordLength: 32, listsCertificates: true, makesRegistriesLater: true }],
    ['2021-06-01-preview', { passwordLength: 32, listsCertificates: true, signsOperations: false }],
    ['2021-08-01-preview', { passwordLength: 32, listsCertificates: false, answersNull: true }],
    ['2022-02-01-preview', { passwordLength: 52, listsCertificates: false, answersNull: true }],
    ['2023-11-01-preview', { passwordLength: 52, signsOperations: true, answersNull: false }],
    ['2025-11-01', { passwordLength: 52, listsCertificates: false, signsOperations: true }],
  ])('that was created with api-version %s has the behaviour %o', (madeWith, expected) =>
    expect(generationOf({ madeWith })).toMatchObject(expected),
  );

  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start();
  });
  afterAll(() => cloud.end());

  it.each([
    ['2019-12-01-preview', { exportPolicy: false, anonymousPullEnabled: false, zoneOfReplication: false }],
    ['2020-11-01-preview', { exportPolicy: false, anonymousPullEnabled: true, zoneOfReplication: true }],
    ['2021-06-01-preview', { exportPolicy: true, anonymousPullEnabled: true, zoneOfReplication: true }],
    ['2025-11-01', { exportPolicy: true, anonymousPullEnabled: true, zoneOfReplication: true }],
  ])('and its replications have in api-version %s the properties %o', async (version, expected) => {
    const path = cloud.registryId.replace(/[^/]+$/, `made${version.replaceAll(/\W/g, '')}`);
    const made = await cloud.armCall('PUT', path, { location: 'eastus', sku: { name: 'Premium' } }, version);
    const replication = await cloud.armCall('PUT', `${path}/replications/westus`, { location: 'westus' }, version);
    const { properties } = made.body as { properties: { policies: object } };
    const { properties: ofReplication } = replication.body as { properties: object };

    expect({
      exportPolicy: Object.hasOwn(properties.policies, 'exportPolicy'),
      anonymousPullEnabled: Object.hasOwn(properties, 'anonymousPullEnabled'),
      zoneOfReplication: Object.hasOwn(ofReplication, 'zoneRedundancy'),
    }).toEqual(expected);
  });
});
