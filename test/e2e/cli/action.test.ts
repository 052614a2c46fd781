import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ActionRunner, type ActionRun } from '../../shared/compositeAction.js';
import { packCrctl } from '../../shared/installedCrctl.js';
import { OidcProvider } from '../../shared/oidcProvider.js';
import { letIn, withoutSecret } from '../harness/federation.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/*
 * The steps of the composite action, as GitHub's runner runs them, with crctl as it is published, against a whole
 * stack. Tests follow each other: a pull request is planned, merged, carried out, and planned again.
 */

const ACTION = join(projectRoot(), 'packages/cli/action');

let it: TestStack;
let runner: ActionRunner;
let parent: string;
let inputs: Readonly<Record<string, string>>;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'action-'));
  const [stack, archive] = await Promise.all([startTestStack(), packCrctl(parent)]);
  it = stack;
  runner = new ActionRunner();
  const { url, key } = it.stack.endpoints.functions;
  inputs = { url, key, package: archive, registry: it.stack.endpoints.azure.registry };
});
afterAll(async () => {
  runner.dispose();
  rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  await it.dispose();
});

function merge(clients: readonly string[]): void {
  const fleet = {
    apiVersion: 'connected-registry-onboarding/v1',
    kind: 'Fleet',
    defaults: { repositories: ['hello-world'] },
    connectedRegistries: { myconnectedregistry: { clients } },
  };
  writeFileSync(join(runner.workspace, 'fleet.yaml'), JSON.stringify(fleet));
}

/** The installation works without a registry, since crctl needs no other package. */
async function runs(
  given: Readonly<Record<string, string>>,
  job: Readonly<Record<string, string>> = {},
): Promise<ActionRun> {
  const run = await runner.run(ACTION, { ...inputs, ...given }, { npm_config_offline: 'true', ...job });
  expect(run.commands.map((line) => line.replace(/[0-9a-f-]{36}/, 'TOKEN'))).toEqual([
    '::stop-commands::TOKEN',
    '::TOKEN::',
  ]);
  expect(JSON.stringify(run)).not.toContain(inputs['key']);
  return run;
}

test('a plan with changes succeeds, says so, and keeps the plan', async () => {
  merge(['press-1', 'press-2']);
  const { code, outputs, summary } = await runs({ command: 'plan' });
  expect(code).toBe(0);
  expect(outputs).toMatchObject({ 'exit-code': '2', changes: 'true', markdown: summary.trimEnd() });
  expect(summary).toMatch(/^### crctl plan: there are changes\n\n```text\n\+ \S+\/myconnectedregistry\/press-1\n/);
  expect(summary).toContain('2 to add, 0 to change, 0 to remove');
  const plan = readFileSync(outputs['plan-file'] ?? '', 'utf8');
  expect(JSON.parse(plan)).toMatchObject({ kind: 'FleetPlan', file: 'fleet.yaml' });
  expect(plan).not.toContain(inputs['key']);
});

test('an apply carries out the plan that was kept', async () => {
  const { outputs: planned } = await runs({ command: 'plan', 'plan-file': 'plan.json' });
  expect(planned['plan-file']).toBe('plan.json');
  const { code, outputs, summary } = await runs({ command: 'apply', file: 'plan.json', registry: '', timeout: '10m' });
  expect(code, summary).toBe(0);
  expect(outputs).toMatchObject({ 'exit-code': '0', changes: '', 'plan-file': '' });
  expect(summary).toMatch(/^### crctl apply: carried out\n/);
  expect(summary).toMatch(/^\S+ .*\bonboard\b.*\bcompleted\b/m);
});

test('a plan without changes succeeds, and says so', async () => {
  const { code, outputs, summary } = await runs({ command: 'plan' });
  expect(code).toBe(0);
  expect(outputs).toMatchObject({ 'exit-code': '0', changes: 'false' });
  expect(summary).toMatch(/^### crctl plan: no changes\n/);
  expect(summary).toContain('0 to add, 0 to change, 0 to remove, 2 equal');
});

test('a client that is no longer in the file is removed only with max-deletes', async () => {
  merge(['press-1']);
  expect((await runs({ command: 'plan' })).outputs['changes']).toBe('false');
  const { outputs } = await runs({ command: 'plan', 'max-deletes': '1' });
  expect(outputs).toMatchObject({ changes: 'true', markdown: expect.stringMatching(/^- \S+\/press-2$/m) });
  const refused = await runs({ command: 'plan', 'max-deletes': '0' });
  expect(refused).toMatchObject({ code: 1, outputs: { 'exit-code': '1', changes: '' } });
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['a fleet file that is not there', { file: 'nothing.yaml' }, 'nothing.yaml cannot be read'],
  ['a key that is not valid', { key: 'expired' }, '401'],
])('%s fails the step, with the reason in summary and output', async (_what, wrong, reason) => {
  const { code, outputs, summary } = await runs({ command: 'plan', ...wrong });
  expect(code).toBe(1);
  expect(outputs).toMatchObject({ 'exit-code': '1', changes: '', 'plan-file': '' });
  for (const text of [summary, outputs['markdown']]) {
    expect(text).toContain('### crctl plan: failed');
    expect(text).toContain(reason);
  }
});

test('a job signs in by its own token, in place of a key', async () => {
  const provider = await OidcProvider.start();
  await letIn(it, provider);
  // In place of the app, which App Service would stand before.
  const seen: string[] = [];
  const app = createServer((request, response) => {
    seen.push(request.headers.authorization ?? '');
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ clients: [] }));
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  merge([]);
  const { AZURE_CLIENT_ID, AZURE_TENANT_ID, ...job } = withoutSecret(it);
  const { code, outputs, log } = await runs(
    {
      command: 'plan',
      url: `http://127.0.0.1:${(app.address() as AddressInfo).port}`,
      scope: `${it.stack.endpoints.azure.arm}/.default`,
      'client-id': AZURE_CLIENT_ID,
      'tenant-id': AZURE_TENANT_ID,
    },
    { ...job, ...provider.env },
  );
  app.close();
  await provider.close();
  expect(code, log).toBe(0);
  expect(outputs['changes']).toBe('false');
  expect(decodeJwt(seen[0]?.replace('Bearer ', '') ?? '')).toMatchObject({ appid: AZURE_CLIENT_ID });
  for (const secret of [provider.requestToken, ...provider.issued]) expect(log).not.toContain(secret);
});

test('a fleet file whose faults quote commands fails without carrying one out', async () => {
  const text =
    'apiVersion: connected-registry-onboarding/v1\nkind: Fleet\n"::set-output name=changes::true": 1\n"```": 2\n';
  writeFileSync(join(runner.workspace, 'fleet.yaml'), text);
  const { code, outputs, summary } = await runs({ command: 'plan' });
  expect(code).toBe(1);
  expect(outputs['changes']).toBe('');
  expect(summary).toContain('::set-output name=changes::true');
  expect(summary).toMatch(/\n````text\n[^]*\n````\n$/);
});
