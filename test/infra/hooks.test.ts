import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { settingsSchema } from '../../src/settingsSchema.js';
import { INFRA } from './bicepCli.js';

const main = readFileSync(join(INFRA, 'main.bicep'), 'utf8');
const paramsOf = (text: string): string[] => [...text.matchAll(/^param (\w+)/gm)].map(([, name = '']) => name);
const outputsOf = (text: string): string[] => [...text.matchAll(/^output (\w+)/gm)].map(([, name = '']) => name);
const events = readFileSync(join(INFRA, 'events.bicep'), 'utf8');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'hooks-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An `az` that notes how it was called, with what its parameter file held, and answers by its second argument. */
const FAKE_AZ = `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
const file = args.find((one) => one.startsWith('@'))?.slice(1);
const held = file && { parameters: JSON.parse(fs.readFileSync(file, 'utf8')).parameters, mode: fs.statSync(file).mode & 0o777, file };
fs.appendFileSync(process.env.AZ_LOG, JSON.stringify({ args, held }) + '\\n');
if (args[0] === 'resource' && args.some((one) => one.includes('/secrets/')) && process.env.AZ_HAS_SECRET !== 'yes') {
  console.error('ERROR: (ResourceNotFound) not there');
  process.exit(3);
}
if (process.env.AZ_FAILS === args[0]) {
  console.error('ERROR: refused');
  process.exit(1);
}
console.log(args.includes('location') ? '"northeurope"' : '{}');
`;

const call = z.object({
  args: z.array(z.string()),
  held: z
    .object({ parameters: z.record(z.string(), z.object({ value: z.string() })), mode: z.number(), file: z.string() })
    .optional(),
});

const GROUP = '/subscriptions/s1/resourceGroups/rg-a/providers';
const OUTPUTS = {
  AZURE_ENV_NAME: 'a',
  AZURE_LOCATION: 'westeurope',
  AZURE_SUBSCRIPTION_ID: 's1',
  AZURE_RESOURCE_GROUP: 'rg-a',
  FUNCTION_APP_ID: `${GROUP}/Microsoft.Web/sites/func-a`,
  VAULT_ID: '/subscriptions/s2/resourceGroups/theirs/providers/Microsoft.KeyVault/vaults/their-vault',
  REPORT_KEY_NAME: 'report-keys',
  REGISTRY_IDS: `${GROUP}/Microsoft.ContainerRegistry/registries/cra`,
  REQUEST_TOPIC_NAME: 'evgt-requests-a',
  EVENTS_IDENTITY_ID: `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id-events-a`,
  STORAGE_ID: `${GROUP}/Microsoft.Storage/storageAccounts/sta`,
  DEAD_LETTER_CONTAINER: 'dead-letters',
  ACTION_GROUP_ID: `${GROUP}/Microsoft.Insights/actionGroups/ag-a`,
};

function run(name: string, environment: Record<string, string>, withAz = true) {
  const log = join(folder, 'log');
  if (withAz) {
    writeFileSync(join(folder, 'az'), FAKE_AZ);
    chmodSync(join(folder, 'az'), 0o755);
  }
  const env = { PATH: folder, AZ_LOG: log, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(INFRA, 'hooks', name)], {
    env,
    encoding: 'utf8',
  });
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { status, said: stdout + stderr, calls: lines.map((line) => call.parse(JSON.parse(line))) };
}

test('the first provisioning makes a report key that the app takes, and shows it to nobody', () => {
  const { status, said, calls } = run('reportKeys.mjs', OUTPUTS);
  expect(status).toBe(0);
  expect(calls.map(({ args }) => args.slice(0, 2))).toEqual([
    ['resource', 'show'],
    ['deployment', 'group'],
    ['rest', '--method'],
  ]);
  const made = calls[1];
  expect(made?.args).toEqual(expect.arrayContaining(['--subscription', 's2', '--resource-group', 'theirs']));
  const parameters = made?.held?.parameters ?? {};
  expect(parameters['vaultName']?.value).toBe('their-vault');
  expect(Object.keys(parameters).toSorted()).toEqual(
    paramsOf(readFileSync(join(INFRA, 'report-keys.bicep'), 'utf8')).toSorted(),
  );
  const keys = parameters['keys']?.value ?? '';
  expect(settingsSchema.shape.REPORT_KEYS.safeParse(keys).success).toBe(true);
  expect(made?.held?.mode).toBe(0o600);
  expect(existsSync(made?.held?.file ?? '')).toBe(false);
  expect(JSON.stringify(calls.map(({ args }) => args)) + said).not.toContain(keys.slice(3));
  expect(calls[2]?.args.join(' ')).toContain('/config/configreferences/appsettings/refresh');
});

test('a later provisioning keeps the report key', () => {
  const { status, calls } = run('reportKeys.mjs', { ...OUTPUTS, AZ_HAS_SECRET: 'yes' });
  expect(status).toBe(0);
  expect(calls.map(({ args }) => args[0])).toEqual(['resource', 'rest']);
});

test('the file with a new key is gone also when the deployment fails, and azd is told', () => {
  const { status, said, calls } = run('reportKeys.mjs', { ...OUTPUTS, AZ_FAILS: 'deployment' });
  expect(status).toBe(1);
  expect(said).toContain('refused');
  expect(existsSync(calls[1]?.held?.file ?? '/')).toBe(false);
});

test('after a deployment the functions are subscribed, with every parameter of events.bicep', () => {
  const hub = '/subscriptions/s3/resourceGroups/devices/providers/Microsoft.Devices/IotHubs/their-hub';
  const { status, calls } = run('events.mjs', { ...OUTPUTS, EXISTING_HUB_ID: hub });
  expect(status).toBe(0);
  const args = calls.at(-1)?.args ?? [];
  expect(args.slice(0, 3)).toEqual(['deployment', 'sub', 'create']);
  const given = args
    .slice(args.indexOf('--parameters') + 1, args.indexOf('--output'))
    .map((one) => one.split('=')[0] ?? '');
  expect(given.toSorted()).toEqual(paramsOf(events).toSorted());
  expect(args).toContain('hubLocation=northeurope');
});

test.each(['reportKeys.mjs', 'events.mjs'])('%s without the Azure CLI, or outside azd, says what to do', (name) => {
  const withoutAz = run(name, OUTPUTS, false);
  expect(withoutAz.status).toBe(1);
  expect(withoutAz.said).toContain('install it');
  const withoutAzd = run(name, {});
  expect(withoutAzd.status).toBe(1);
  expect(withoutAzd.said).toContain('Run this by azd');
});

test('what the hooks read is what main.bicep puts out, besides what azd itself knows', () => {
  const ofAzd = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID'];
  for (const name of Object.keys(OUTPUTS)) expect([...outputsOf(main), ...ofAzd]).toContain(name);
});

test('azd fills in parameters that main.bicep has', () => {
  const file = z
    .object({ parameters: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(INFRA, 'main.parameters.json'), 'utf8')));
  for (const name of Object.keys(file.parameters)) expect(paramsOf(main)).toContain(name);
});
