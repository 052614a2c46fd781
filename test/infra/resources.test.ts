import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { settingsSchema } from '../../src/settings/settingsSchema.js';
import { METRICS } from '../../src/telemetry/metrics.js';
import { evaluatedOf, INFRA, ofType, scenarios } from './bicepCli.js';

const APPS = ['new', 'again', 'existing', 'private', 'scheduler', 'sovereign'];

describe('secrets', () => {
  test.each(scenarios())('in %s are not read as keys, and not put out', (scenario) => {
    const { predictedResources, outputs } = evaluatedOf(scenario);
    const text = JSON.stringify({ predictedResources, outputs });
    expect(text).not.toMatch(/listKeys|listAdminKeys|listCredentials|AccountKey=|SharedAccessKey|InstrumentationKey/i);
    for (const [name, value] of Object.entries(outputs)) {
      expect(name).not.toMatch(/secret|password|connection|token/i);
      expect(String(value)).not.toMatch(/outputs\.connectionString/);
    }
  });

  test.each(APPS)('%s has local keys disabled on every service that has them', (scenario) => {
    expect(ofType(scenario, 'Microsoft.Storage/storageAccounts')).toMatchObject([
      { properties: { allowSharedKeyAccess: false, allowBlobPublicAccess: false, minimumTlsVersion: 'TLS1_2' } },
    ]);
    expect(ofType(scenario, 'Microsoft.Insights/components')).toMatchObject([
      { properties: { DisableLocalAuth: true } },
    ]);
    const topics = ofType(scenario, 'Microsoft.EventGrid/topics');
    expect(topics).toHaveLength(2);
    for (const topic of topics) expect(topic).toMatchObject({ properties: { disableLocalAuth: true } });
    const doors = ofType(scenario, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect(doors.map(({ properties }) => properties)).toEqual([{ allow: false }, { allow: false }]);
  });
});

describe('the vault', () => {
  test('that is created uses roles, and a deletion can lose nothing in it', () => {
    expect(ofType('new', 'Microsoft.KeyVault/vaults')).toMatchObject([
      {
        properties: { enableRbacAuthorization: true, enableSoftDelete: true, enablePurgeProtection: true },
      },
    ]);
    expect(ofType('existing', 'Microsoft.KeyVault/vaults')).toEqual([]);
  });

  test('is recovered if it was deleted, and created otherwise', () => {
    expect(ofType('new', 'Microsoft.KeyVault/vaults')).toMatchObject([{ properties: { createMode: 'default' } }]);
    expect(ofType('again', 'Microsoft.KeyVault/vaults')).toMatchObject([{ properties: { createMode: 'recover' } }]);
  });
});

describe('the app', () => {
  test.each(APPS)('of %s runs on Flex Consumption with one identity for everything', (scenario) => {
    const [app] = ofType(scenario, 'Microsoft.Web/sites');
    expect(app).toMatchObject({
      kind: 'functionapp,linux',
      identity: { type: 'UserAssigned' },
      properties: {
        httpsOnly: true,
        functionAppConfig: {
          runtime: { name: 'node', version: '22' },
          deployment: { storage: { type: 'blobContainer', authentication: { type: 'UserAssignedIdentity' } } },
          scaleAndConcurrency: { alwaysReady: [{ name: 'durable', instanceCount: 1 }] },
        },
      },
    });
    expect(ofType(scenario, 'Microsoft.Web/serverfarms')).toMatchObject([{ sku: { name: 'FC1' } }]);
  });

  // Newer stamps of Flex Consumption refuse site configuration of other plans (GitHub, microsoft/azure-pipelines-tasks
  // issue 21032).
  test.each(APPS)('of %s has only properties of the quickstarts for Flex Consumption', (scenario) => {
    const [app] = ofType(scenario, 'Microsoft.Web/sites');
    expect(Object.keys(app?.properties ?? {}).toSorted()).toEqual([
      'functionAppConfig',
      'httpsOnly',
      'keyVaultReferenceIdentity',
      'publicNetworkAccess',
      'serverFarmId',
      'virtualNetworkSubnetId',
    ]);
  });

  test.each([
    ['new', 200],
    ['again', 400],
  ])('of %s gets as many requests for each instance as it can process, and some more', (scenario, polls) => {
    const [app] = ofType(scenario, 'Microsoft.Web/sites');
    expect(app?.properties?.['functionAppConfig']).toMatchObject({
      scaleAndConcurrency: { triggers: { http: { perInstanceConcurrency: polls + 50 } } },
    });
    expect(settingsSchema.shape.POLLS_AT_ONCE.parse(undefined)).toBe(200);
  });

  test('has the platform authenticate operators, which admits callers without a token', () => {
    const found = (scenario: string) =>
      ofType(scenario, 'Microsoft.Web/sites/config').filter(({ name }) => name.endsWith('/authsettingsV2'));
    expect(found('new')).toEqual([]);
    const client = '00000000-0000-0000-0000-000000000005';
    expect(found('existing')).toMatchObject([
      {
        properties: {
          platform: { enabled: true },
          globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' },
          identityProviders: {
            azureActiveDirectory: {
              enabled: true,
              registration: { clientId: client },
              validation: { allowedAudiences: [client, `api://${client}`] },
            },
          },
        },
      },
    ]);
  });

  test('has the name in azd that azure.yaml gives', () => {
    const [app] = ofType('new', 'Microsoft.Web/sites');
    expect(app?.['tags']).toMatchObject({ 'azd-service-name': 'app', 'azd-env-name': 'new' });
    expect(readFileSync(join(projectRoot(), 'azure.yaml'), 'utf8')).toMatch(/^services:\n {2}app:$/m);
  });
});

describe('private networking', () => {
  test('connects storage, vault and both topics by private endpoints, and closes public access', () => {
    const groups = ofType('private', 'Microsoft.Network/privateEndpoints').map(({ name }) =>
      name.replace(/-[a-z0-9]{13}$/, ''),
    );
    expect(groups).toEqual(['pe-blob', 'pe-queue', 'pe-table', 'pe-vault', 'pe-evgt-requests', 'pe-evgt-signals']);
    for (const type of ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults'])
      expect(ofType('private', type)).toMatchObject([{ properties: { networkAcls: { defaultAction: 'Deny' } } }]);
    for (const topic of ofType('private', 'Microsoft.EventGrid/topics'))
      expect(topic).toMatchObject({ properties: { publicNetworkAccess: 'Disabled' } });
    const [app] = ofType('private', 'Microsoft.Web/sites');
    expect(app?.properties?.['virtualNetworkSubnetId']).toMatch(/outputs\.appSubnetId/);
  });

  test('is absent unless it is requested', () => {
    expect(evaluatedOf('new').predictedResources.filter(({ type }) => type.startsWith('Microsoft.Network/'))).toEqual(
      [],
    );
  });

  test('uses the zones of its cloud', () => {
    const zones = ofType('sovereign', 'Microsoft.Network/privateDnsZones').map(({ name }) => name);
    expect(zones).toContain('privatelink.vaultcore.usgovcloudapi.net');
    expect(zones).toContain('privatelink.blob.core.usgovcloudapi.net');
  });
});

describe('alerts and workbook', () => {
  const metricsIn = (query: string) => [...query.matchAll(/Name == '([^']+)'/g)].map(([, name]) => name ?? '');
  const propertiesIn = (query: string) => [...query.matchAll(/Properties\.(\w+)/g)].map(([, name]) => name ?? '');

  const rule = z.object({
    displayName: z.string(),
    severity: z.int(),
    criteria: z.object({ allOf: z.tuple([z.object({ query: z.string(), threshold: z.literal(0) })]) }),
    actions: z.object({ actionGroups: z.array(z.string()).length(1) }),
  });
  const workbook = z.object({
    items: z.array(z.object({ name: z.string(), content: z.object({ query: z.string().optional() }) })),
  });
  const queries = [
    ...ofType('new', 'Microsoft.Insights/scheduledQueryRules').map(
      ({ properties }) => rule.parse(properties).criteria.allOf[0].query,
    ),
    ...workbook
      .parse(JSON.parse(readFileSync(join(INFRA, 'workbook.json'), 'utf8')))
      .items.flatMap(({ content }) => content.query ?? []),
  ];

  test.each(queries)('%s uses metrics and dimensions that the app sends', (query) => {
    const [name = '', ...others] = metricsIn(query);
    expect(Object.keys(METRICS)).toContain(name);
    expect(others).toEqual([]);
    const { dimensions } = METRICS[name as keyof typeof METRICS];
    for (const property of propertiesIn(query)) expect(dimensions as readonly string[]).toContain(property);
  });

  test('show every metric in the workbook', () => {
    expect(new Set(queries.flatMap(metricsIn))).toEqual(new Set(Object.keys(METRICS)));
  });

  test('include alerts for failed operations, expiring credentials, residue, and dead letters of every topic', () => {
    const named = ofType('new', 'Microsoft.Insights/scheduledQueryRules').map(
      ({ properties }) => rule.parse(properties).displayName,
    );
    expect(named).toEqual(['operations-failed', 'credentials-expiring', 'residue-left']);
    // Alerts on several resources are not there for topics in every cloud.
    for (const { properties } of ofType('sovereign', 'Microsoft.Insights/metricAlerts'))
      expect(properties).toMatchObject({ criteria: { 'odata.type': expect.stringContaining('SingleResource') } });
    const topics = ofType('new', 'Microsoft.EventGrid/topics').map(({ id }) => [id]);
    const watched = ofType('new', 'Microsoft.Insights/metricAlerts').map(({ properties }) => properties?.['scopes']);
    expect(watched).toEqual(topics);
  });
});

describe('host.json', () => {
  const host: unknown = JSON.parse(readFileSync(join(projectRoot(), 'host.json'), 'utf8'));

  test('traces runs without their content, versions them, and keeps its hub', () => {
    expect(host).toMatchObject({
      telemetryMode: 'OpenTelemetry',
      extensions: {
        durableTask: {
          hubName: 'ConnectedRegistryOnboarding',
          defaultVersion: expect.stringMatching(/^\d+\.\d+$/),
          versionMatchStrategy: 'CurrentOrOlder',
          versionFailureStrategy: 'Reject',
          tracing: { distributedTracingEnabled: true, version: 'V2', traceInputsAndOutputs: false },
        },
      },
    });
  });
});
