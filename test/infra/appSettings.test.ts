import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { DEPLOYED_BODY_LIMIT } from '@connected-registry/protocol/requests/deployedBodyLimit';
import { NOT_IN_AZURE, optionsFile, optionsOf, SET_BY_INFRA } from '../../scripts/infra/appOptions.mjs';
import { loadConfig } from '../../src/settings/config.js';
import { settingsSchema } from '../../src/settings/settingsSchema.js';
import { INFRA, ofType } from './bicepCli.js';

const NAMES = Object.keys(settingsSchema.shape);
const APPS = ['new', 'again', 'existing', 'private', 'scheduler', 'sovereign'];

/** Of the Functions host, not of the app (Azure docs: functions-app-settings). */
const HOST_SETTING =
  /^(AzureWebJobsStorage__|AzureFunctionsJobHost__|APPLICATIONINSIGHTS_|DURABLE_TASK_SCHEDULER_CONNECTION_STRING$)/;

function settingsOf(scenario: string): Record<string, string> {
  const [found] = ofType(scenario, 'Microsoft.Web/sites/config').filter(({ name }) => name.endsWith('/appsettings'));
  return z.record(z.string(), z.string()).parse(found?.properties);
}

/** What Azure would put in place of the references that only a deployment resolves. */
function resolved(name: string, value: string, vaults: readonly string[]): string {
  if (!value.startsWith('[')) return value;
  if (name === 'REPORT_KEYS') return `k1:${Buffer.alloc(32).toString('base64url')}`;
  if (name === 'ARM_IDENTITIES') return [6, 7].map((n) => `00000000-0000-0000-0000-00000000000${n}`).join();
  if (name === 'IOT_HUBS') return 'their-hub.azure-devices.net';
  if (name === 'KEY_VAULT_URL' || name === 'KEY_VAULT_URLS')
    return vaults.map((vault) => `https://${vault}.vault.azure.net/`).join();
  if (name === 'SIGNAL_TOPIC_ENDPOINT') return 'https://a-topic.westeurope-1.eventgrid.azure.net/api/events';
  return '00000000-0000-0000-0000-000000000008';
}

describe('the settings of a deployed app', () => {
  test.each(APPS)('of %s exist in the schema, and the app starts with them', (scenario) => {
    const settings = settingsOf(scenario);
    const ids = settings['KEY_VAULT_RESOURCE_ID'] || settings['KEY_VAULT_RESOURCE_IDS'] || '';
    const vaults = ids.split(',').map((id) => id.split('/').at(-1) ?? '');
    expect(vaults).toHaveLength(scenario === 'existing' ? 3 : 1);
    const own = Object.entries(settings).filter(([name]) => !HOST_SETTING.test(name));
    expect(own.map(([name]) => name).filter((name) => !NAMES.includes(name))).toEqual([]);
    const environment = Object.fromEntries(own.map(([name, value]) => [name, resolved(name, value, vaults)]));
    expect(settings[vaults.length > 1 ? 'KEY_VAULT_URL' : 'KEY_VAULT_URLS']).toBe('');
    // The platform says so itself when its authentication is on.
    const platform = settings['OPERATOR_AUTH'] === 'entra' ? { WEBSITE_AUTH_ENABLED: 'True' } : {};
    expect(() => loadConfig({ ...environment, ...platform })).not.toThrow();
    expect(settings['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT']).toBe(String(DEPLOYED_BODY_LIMIT));
    for (const name of SET_BY_INFRA) expect(settings[name], name).toBeDefined();
  });

  test('that users may choose are all the others (npm run infra-lists writes them)', () => {
    const file = join(INFRA, 'modules', 'appOptions.bicep');
    expect(readFileSync(file, 'utf8')).toBe(optionsFile(NAMES));
    expect([...optionsOf(NAMES), ...SET_BY_INFRA, ...NOT_IN_AZURE].toSorted()).toEqual(NAMES.toSorted());
  });

  test("follow the user's choice", () => {
    expect(settingsOf('existing')).toMatchObject({ CLIENTS_PER_CONNECTED_REGISTRY: '20', OPERATOR_AUTH: 'entra' });
    expect(settingsOf('new')).not.toHaveProperty('CLIENTS_PER_CONNECTED_REGISTRY');
  });

  test('name further identities of the app only where they were asked for', () => {
    expect(settingsOf('new')['ARM_IDENTITIES']).toBe('');
    expect(settingsOf('existing')['ARM_IDENTITIES']).toMatch(/^\[.*clientId/);
  });

  test('contain addresses of their own cloud', () => {
    const settings = settingsOf('sovereign');
    expect(settings['ARM_ENDPOINT']).toBe('https://management.usgovcloudapi.net');
    expect(settings['AZURE_AUTHORITY_HOST']).toBe('https://login.microsoftonline.us');
    for (const value of Object.values(settings))
      expect(value).not.toMatch(/management\.azure\.com|core\.windows\.net|microsoftonline\.com/);
  });

  test('put the durable state into the chosen place', () => {
    const provider = 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__type';
    expect(settingsOf('scheduler')).toMatchObject({ [provider]: 'azureManaged' });
    expect(settingsOf('scheduler')['DURABLE_TASK_SCHEDULER_CONNECTION_STRING']).toContain(
      'Authentication=ManagedIdentity',
    );
    expect(settingsOf('new')).not.toHaveProperty([provider]);
  });
});

describe('every setting of the schema', () => {
  const sample = z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(projectRoot(), 'local.settings.sample.json'), 'utf8')));
  const OF_THE_HOST = ['AzureWebJobsStorage', 'FUNCTIONS_WORKER_RUNTIME'];
  /** Set by the platform alone. */
  const PLATFORM = ['WEBSITE_AUTH_ENABLED'];
  /** Read before the schema, as another way to give PROFILES. */
  const ALTERNATIVES = ['PROFILES_FILE'];

  test('is in local.settings.sample.json, and no other name is', () => {
    expect(Object.keys(sample.Values).toSorted()).toEqual(
      [...NAMES.filter((name) => !PLATFORM.includes(name)), ...ALTERNATIVES, ...OF_THE_HOST].toSorted(),
    );
  });
});
