import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { settingsSchema } from '../../../src/settings/settingsSchema.js';
import { ofRing } from '../../e2e/harness/ring.js';
import { inTurn } from '../../inTurn.js';
import { INFRA } from '../bicepCli.js';
import { listing, OUTPUTS, refusal, ScriptedAz, type Answer, type Rule } from './scriptedAz.js';

const main = readFileSync(join(INFRA, 'main.bicep'), 'utf8');
const paramsOf = (text: string): string[] => [...text.matchAll(/^param (\w+)/gm)].map(([, name = '']) => name);
const outputsOf = (text: string): string[] => [...text.matchAll(/^output (\w+)/gm)].map(([, name = '']) => name);
const events = readFileSync(join(INFRA, 'events.bicep'), 'utf8');

const NO_SECRET: Rule = { when: '/secrets/report-keys', answers: [refusal('SecretNotFound', 3)] };
const LISTED: Rule = {
  when: '/functions?',
  answers: [listing('clientRequested', 'secretExpiring', 'deviceChanged', 'connectedRegistryWritten')],
};
const REGION: Rule = { when: '--query location', answers: [{ stdout: '"northeurope"' }] };

const folders: { remove(): void }[] = [];
afterEach(() => folders.splice(0).forEach((one) => one.remove()));

function run(name: string, rules: readonly Rule[], environment: Record<string, string> = OUTPUTS) {
  const scripted = new ScriptedAz(rules);
  folders.push(scripted);
  return { ...runIn(name, scripted.folder, environment), scripted };
}

function runIn(name: string, path: string, environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(INFRA, 'hooks', name)], {
    env: { PATH: path, ...environment },
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

test('the first provisioning creates a valid report key, and shows it to nobody', () => {
  const { status, said, scripted } = run('reportKeys.mjs', [NO_SECRET]);
  expect(status).toBe(0);
  const { calls } = scripted;
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
  const { status, scripted } = run('reportKeys.mjs', []);
  expect(status).toBe(0);
  expect(scripted.calls.map(({ args }) => args[0])).toEqual(['resource', 'rest']);
});

test('the file with a new key is deleted even if the deployment fails, and the key is removed from messages', () => {
  const echo: Answer = { status: 1, stderr: 'ERROR: refused (what was sent)' };
  const { status, said, scripted } = run('reportKeys.mjs', [
    NO_SECRET,
    { when: 'deployment group create', answers: [echo] },
  ]);
  expect(status).toBe(1);
  expect(said).toContain('refused');
  expect(said).toContain('(a secret)');
  const held = scripted.calls[1]?.held;
  expect(said).not.toContain(held?.parameters['keys']?.value.slice(3) ?? '');
  expect(existsSync(held?.file ?? '/')).toBe(false);
});

test('after a deployment the functions are subscribed, with every parameter of events.bicep', () => {
  const hub = '/subscriptions/s3/resourceGroups/devices/providers/Microsoft.Devices/IotHubs/their-hub';
  const topic = '/subscriptions/s1/resourceGroups/rg-a/providers/Microsoft.EventGrid/systemTopics/evgt-group-0-a';
  const topics = { when: 'resource list', answers: [{ stdout: JSON.stringify(topic) }] };
  const { status, scripted } = run('events.mjs', [LISTED, REGION, topics], { ...OUTPUTS, EXISTING_HUB_ID: hub });
  expect(status).toBe(0);
  const args = scripted.callsWith('deployment sub create').at(-1)?.args ?? [];
  expect(args.slice(0, 3)).toEqual(['deployment', 'sub', 'create']);
  const given = args
    .slice(args.indexOf('--parameters') + 1, args.indexOf('--output'))
    .map((one) => one.split('=')[0] ?? '');
  expect(given.toSorted()).toEqual(paramsOf(events).toSorted());
  expect(args).toContain('hubLocation=northeurope');
  expect(args).toContain(`groupTopicIds=${topic}`);
});

/** Every call of every hook, by what its arguments hold, with the calls that must succeed before it. */
const CALLS: readonly (readonly [hook: string, call: string, before: readonly Rule[]])[] = [
  ['preprovision.mjs', 'provider show', []],
  ['preprovision.mjs', 'provider register', [{ when: 'provider show', answers: [{ stdout: '"NotRegistered"' }] }]],
  ['preprovision.mjs', 'deletedVaults', [{ when: 'provider show', answers: [{ stdout: '"Registered"' }] }]],
  ['reportKeys.mjs', 'deployment group create', [NO_SECRET]],
  ['reportKeys.mjs', 'appsettings/refresh', []],
  ['events.mjs', 'resource show', [LISTED]],
  ['events.mjs', 'resource list', [LISTED, REGION]],
  ['events.mjs', 'deployment sub create', [LISTED, REGION]],
];

/** What Azure says when something else than the resource in question is not there, and other refusals. */
const REFUSALS = [
  ['ResourceNotFound', 3],
  ['ParentResourceNotFound', 3],
  ['ResourceGroupNotFound', 3],
  ['SubscriptionNotFound', 1],
  ['AuthorizationFailed', 1],
  ['InvalidTemplateDeployment', 1],
] as const;

/** In the default ring a call is refused in one of so many ways, and the next call in the next ones. */
const ONE_OF = 3;

const REFUSED = CALLS.flatMap(([hook, call, before], place) =>
  ofRing(inTurn(REFUSALS, place, ONE_OF)).map((one) => [hook, call, ...one, before] as const),
);

test.each(REFUSED)(
  '%s exits with the message and code 1 if `%s` is answered with %s',
  (hook, call, code, exitCode, before) => {
    const { status, said } = run(hook, [{ when: call, answers: [refusal(code, exitCode)] }, ...before]);
    expect(status).toBe(1);
    expect(said).toContain(`(${code}) as Azure says it`);
  },
);

test.each([
  ['ParentResourceNotFound', 3],
  ['ResourceGroupNotFound', 3],
  ['AuthorizationFailed', 1],
  // The words of a refusal do not make it a not-found.
  ['AuthorizationFailed about a ResourceNotFound', 1],
])('an answer of %s does not tell whether the report key exists, so no second key is created', (code, exitCode) => {
  const { status, scripted } = run('reportKeys.mjs', [
    { when: '/secrets/report-keys', answers: [refusal(code, exitCode)] },
  ]);
  expect(status).toBe(1);
  expect(scripted.callsWith('deployment')).toEqual([]);
});

test.each(['preprovision.mjs', 'reportKeys.mjs', 'events.mjs'])(
  '%s without the Azure CLI, or outside azd, explains what to do',
  (name) => {
    const empty = mkdtempSync(join(tmpdir(), 'hooks-'));
    folders.push({ remove: () => rmSync(empty, { recursive: true, maxRetries: 5 }) });
    const withoutAz = runIn(name, empty, OUTPUTS);
    expect(withoutAz.status).toBe(1);
    expect(withoutAz.said).toContain('install it');
    const withoutAzd = run(name, [], {});
    expect(withoutAzd.status).toBe(1);
    expect(withoutAzd.said).toContain('Run this by azd');
  },
);

test('an answer of az that is not JSON is an error of that call', () => {
  const { status, said } = run('events.mjs', [LISTED, { when: 'resource show', answers: [{ stdout: 'Welcome' }] }]);
  expect(status).toBe(1);
  expect(said).toContain('az resource show --ids failed: its answer is not JSON');
});

test('the hooks read only outputs of main.bicep and variables of azd', () => {
  const ofAzd = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID'];
  for (const name of Object.keys(OUTPUTS)) expect([...outputsOf(main), ...ofAzd]).toContain(name);
});

test('azd sets only parameters that main.bicep has', () => {
  const file = z
    .object({ parameters: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(INFRA, 'main.parameters.json'), 'utf8')));
  for (const name of Object.keys(file.parameters)) expect(paramsOf(main)).toContain(name);
});

test('azure.yaml has each hook for POSIX and Windows, a version of azd that supports them, and no build in Azure', () => {
  const hook = z.strictObject({
    posix: z.strictObject({ shell: z.literal('sh'), run: z.string() }),
    windows: z.strictObject({ shell: z.literal('pwsh'), run: z.string() }),
  });
  const file = z
    .looseObject({
      requiredVersions: z.object({ azd: z.literal('>= 1.25.0') }),
      services: z.object({
        app: z.looseObject({ remoteBuild: z.literal(false), hooks: z.record(z.string(), hook) }),
      }),
      hooks: z.record(z.string(), hook),
    })
    .parse(parse(readFileSync(join(projectRoot(), 'azure.yaml'), 'utf8')));
  const all = [...Object.values(file.hooks), ...Object.values(file.services.app.hooks)];
  expect(Object.keys(file.hooks)).toEqual(['preprovision', 'postprovision', 'postdeploy']);
  for (const { posix, windows } of all) expect(windows.run).toBe(posix.run);
  const scripts = all.flatMap(({ posix }) => /^node (\S+)$/.exec(posix.run)?.[1] ?? []);
  expect(scripts).toHaveLength(4);
  for (const script of scripts) expect(existsSync(join(projectRoot(), script)), script).toBe(true);
});
