import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { unmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { Crctl } from '../cli/crctl.js';
import { onboardingOf } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { TakingAway } from '../harness/takingAway.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/*
 * Tokens that somebody made by hand, with passwords that devices use, and what becomes of them. Tests follow each
 * other.
 */

const REGISTRY = 'myconnectedregistry';
const MAP = 'presses';
const WIDE_MAP = 'wide-presses';
const page = z.object({
  clients: z.array(z.unknown()),
  unmanaged: z.array(unmanagedToken),
  continuation: z.string().optional(),
});

let it: TestStack;
let program: Crctl;
/** The passwords of before, by token. */
const theirs = new Map<string, string>();

beforeAll(async () => {
  it = await startTestStack({ settings: { PASSWORD_REPLICATION_SECONDS: '1' } });
  const { azure, functions } = it.stack.endpoints;
  await it.stack.controlPlane.https(`${azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { replicationSeconds: 1 },
  });
  program = await Crctl.installed({ CRCTL_URL: functions.url, CRCTL_KEY: functions.key });
  const { resourceGroup: group, registry } = azure;
  await it.operator.registries.scopeMaps.create(group, registry, MAP, {
    actions: ['repositories/hello-world/content/read'],
  });
  await it.operator.registries.scopeMaps.create(group, registry, WIDE_MAP, {
    actions: ['repositories/hello-world/content/read', 'repositories/hello-world/metadata/read'],
  });
  await byHand('press-1');
  await byHand('press-2', ['password1', 'password2']);
  await byHand('press-3', ['password1'], { bind: false, scopeMap: WIDE_MAP });
  await byHand('press-4');
  await byHand('press-5');
}, 300_000);
afterAll(async () => {
  program.dispose();
  await it.dispose();
});

/** Makes a token as an operator does with the Azure CLI, and puts it on the client list. */
async function byHand(
  name: string,
  slots: readonly ('password1' | 'password2')[] = ['password1'],
  { bind = true, scopeMap = MAP } = {},
): Promise<void> {
  const { resourceGroup: group, registry } = it.stack.endpoints.azure;
  const { registries } = it.operator;
  const map = await registries.scopeMaps.get(group, registry, scopeMap);
  const token = await registries.tokens.create(group, registry, name, {
    scopeMapId: map.id ?? '',
    status: 'enabled',
  });
  for (const slot of slots) theirs.set(name, await it.stack.controlPlane.operator.generatePassword(name, slot));
  if (!bind) return;
  const { clientTokenIds = [] } = await registries.connectedRegistries.get(group, registry, REGISTRY);
  await registries.connectedRegistries.update(group, registry, REGISTRY, {
    clientTokenIds: [...clientTokenIds, token.id ?? ''],
  });
}

const crctl = (...argv: readonly string[]) => program.run(argv);
const full = (name: string) => `${it.stack.endpoints.azure.registry}/${REGISTRY}/${name}`;
const listed = async (query = '') => page.parse((await it.app.get(`clients?state=unmanaged${query}`)).body);

/** Pulls at the edge with a password, as soon as it knows what the cloud knows. */
const pulls = (user: string, password: string) =>
  vi.waitFor(
    async () => {
      const { host } = it.stack.endpoints.edge;
      expect(await pullManifest({ host, user, password }, 'hello-world')).toMatchObject({ status: 200 });
    },
    { timeout: PATIENCE * 1000, interval: 200 },
  );
const oldPasswordPulls = (name: string) => pulls(name, theirs.get(name) ?? '');

/** Everything of a token that ARM shows. */
const stateOf = async (name: string) => {
  const { scopeMapId, status, creationDate, credentials } = await it.operator.token(name);
  return { scopeMapId, status, creationDate, credentials };
};

function fleet(...clients: readonly object[]): void {
  const file = {
    apiVersion: 'connected-registry-onboarding/v1',
    kind: 'Fleet',
    defaults: { registry: it.stack.endpoints.azure.registry, repositories: ['hello-world'] },
    connectedRegistries: { [REGISTRY]: { clients } },
  };
  writeFileSync(join(program.folder, 'other.yaml'), JSON.stringify(file));
}

test('tokens that were made by hand pull, and are listed page by page as belonging to no client', async () => {
  await oldPasswordPulls('press-1');
  const first = await listed('&top=2');
  const second = await listed(`&top=2&continuation=${first.continuation}`);
  const tokens = [...first.unmanaged, ...second.unmanaged];
  expect(tokens.map(({ token, freeSlot }) => [token, freeSlot])).toEqual([
    ['press-1', 'password2'],
    ['press-2', undefined],
    ['press-4', 'password2'],
    ['press-5', 'password2'],
  ]);
  expect(tokens[0]).toMatchObject({
    connectedRegistry: REGISTRY,
    scopeMap: { name: MAP, rights: 'read' },
    lastUse: 'unknown',
  });
  expect([first.clients, second.continuation]).toEqual([[], undefined]);
});

test('an import writes the rows of those that can be adopted, and leaves out the others with the reason', async () => {
  const { code, out, err } = await crctl(
    'import',
    '-c',
    REGISTRY,
    '-r',
    it.stack.endpoints.azure.registry,
    '--out',
    'fleet.yaml',
  );
  expect([code, out]).toEqual([1, expect.stringContaining('takes password2')]);
  expect(err).toContain(`Left out: ${REGISTRY}/press-2: both of its passwords work`);
  const text = readFileSync(join(program.folder, 'fleet.yaml'), 'utf8');
  expect(text).toContain('# Left out:');
  expect(text.match(/adopt: true/g)).toHaveLength(3);
});

test('a failed adoption whose app was killed leaves the token exactly as it was, and its password pulls', async () => {
  const before = await stateOf('press-4');
  const request = onboardingOf('press-4', {
    token: 'press-4',
    scopeMap: 'press-4-map',
    adopt: true,
    image: 'hello-world:not-there',
  });
  const id = await it.app.start(request);
  await it.app.watch(id, ({ steps }) => steps.some(({ name }) => name === 'bind' || name === 'pullCheck'));
  expect((await listed()).unmanaged.map(({ token }) => token)).not.toContain('press-4');
  await it.crashHost();
  const ended = await it.app.end(id);
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { residue: [] } });
  expect(await stateOf('press-4')).toEqual(before);
  expect(await it.operator.boundTokens()).toContain('press-4');
  expect(await it.operator.scopeMapNames()).not.toContain('press-4-map');
  await oldPasswordPulls('press-4');
  expect((await listed()).unmanaged.map(({ token }) => token)).toContain('press-4');
});

test('a plan shows the adoptions and writes nothing; carried out, old and new passwords pull', async () => {
  const before = new Map<string, Awaited<ReturnType<typeof stateOf>>>();
  for (const name of ['press-1', 'press-2', 'press-4', 'press-5']) before.set(name, await stateOf(name));
  let plan;
  const writes = await it.armWrites(async () => {
    plan = await crctl('plan', 'fleet.yaml', '--out', 'plan.json', '--detailed-exitcode');
  });
  expect([writes, plan]).toMatchObject([0, { code: 2 }]);
  const { out } = await crctl('plan', 'fleet.yaml');
  expect(out).toContain(
    `+ ${full('press-1')}\n    has no credential\n    adopts token press-1, takes password2, keeps its scope map\n`,
  );
  expect(out).toContain('3 to add, 0 to change, 0 to remove, 0 equal, 3 adopt a token');
  const removal = (name: string) =>
    `az acr token credential delete --registry ${it.stack.endpoints.azure.registry.toLowerCase()} --name ${name} --password1\n`;
  expect(out).toContain(removal('press-1'));
  const applied = await crctl('apply', 'plan.json');
  expect(applied, applied.err).toMatchObject({ code: 0 });
  for (const name of ['press-1', 'press-4', 'press-5']) expect(applied.err).toContain(removal(name));

  for (const name of ['press-1', 'press-4', 'press-5']) {
    const { credentials, ...rest } = await stateOf(name);
    const { credentials: earlier, ...then } = before.get(name) ?? {};
    expect(rest).toEqual(then);
    expect(credentials?.passwords).toHaveLength(2);
    expect(earlier?.passwords).toHaveLength(1);
    expect(credentials?.passwords).toEqual(expect.arrayContaining(earlier?.passwords ?? []));
    await oldPasswordPulls(name);
    const { user, password } = await it.operator.login(it.secretOf(name));
    expect(password).not.toBe(theirs.get(name));
    await pulls(user, password);
  }
  expect(await stateOf('press-2')).toEqual(before.get('press-2'));
  expect((await listed()).unmanaged.map(({ token }) => token)).toEqual(['press-2']);
  expect((await crctl('plan', 'fleet.yaml', '--detailed-exitcode')).code).toBe(0);
});

test('what remains is said: rotations wait until the password of before is removed by the command that is named', async () => {
  const rotation = {
    clients: [{ connectedRegistry: REGISTRY, client: 'press-1' }],
    dryRun: true,
  };
  expect((await it.app.post(rotation, 'rotations')).text).toContain('"slots-in-use"');
  const writes = await it.armWrites(async () => {
    const again = await it.app.end(await it.app.start(onboardingOf('press-1', { token: 'press-1', scopeMap: MAP })));
    expect(again.status).toBe('completed');
  });
  expect(writes).toBe(0);
  const shown = await crctl(
    'onboard',
    `${REGISTRY}/press-1`,
    '--repository',
    'hello-world',
    '--token',
    'press-1',
    '--scope-map',
    MAP,
    '--dry-run',
  );
  expect(shown.out).toContain('To be done by hand');
  expect(shown.out).toMatch(/az acr token credential delete --registry \S+ --name press-1 --password1/);

  const { resourceGroup: group, registry } = it.stack.endpoints.azure;
  await it.operator.registries.tokens.update(group, registry, 'press-1', {
    credentials: { passwords: [{ name: 'password2' }] },
  });
  const rotated = await crctl('rotate', full('press-1'), '--wait', '--yes');
  expect(rotated, rotated.err).toMatchObject({ code: 0 });
});

test('a check of everything reports what is left, and changes nothing', async () => {
  const checked = z
    .object({ result: z.object({ unmanaged: z.array(z.object({ token: z.string(), fix: z.string() })) }) })
    .parse(await program.json('check', '--all', '--wait'));
  expect(checked.result.unmanaged).toEqual([
    { token: 'press-2', fix: expect.stringMatching(/adopt: true.*--remove-client-tokens press-2$/) },
  ]);
  expect((await stateOf('press-2')).credentials?.passwords).toHaveLength(2);
});

describe('hostile or changing worlds', () => {
  test('a plan is refused if a token has appeared, bound or not, since it was made', async () => {
    fleet({ client: 'press-6', token: 'press-6', adopt: true }, { client: 'press-7', token: 'press-7', adopt: true });
    expect((await crctl('plan', 'other.yaml', '--out', 'early.json')).out).not.toContain('adopts');
    await byHand('press-6', ['password1'], { bind: false });
    const before = await stateOf('press-6');
    // No connected registry lists it, so that only the app sees it: it was not asked to adopt it.
    const applied = await crctl('apply', 'early.json', '--yes');
    expect(applied.code).toBe(1);
    expect(await stateOf('press-6')).toEqual(before);
    expect(await it.operator.secretNames()).not.toContain(it.secretOf('press-6'));

    fleet({ client: 'press-8', token: 'press-8', adopt: true });
    await crctl('plan', 'other.yaml', '--out', 'late.json');
    await byHand('press-8');
    const writes = await it.armWrites(async () => {
      const refused = await crctl('apply', 'late.json', '--yes');
      expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('names a token that is new') });
    });
    expect(writes).toBe(0);
    await oldPasswordPulls('press-8');
  });

  test('names differ in case only, and are the same token', async () => {
    fleet({ client: 'Press-Eight', token: 'PRESS-8', scopeMap: MAP.toUpperCase(), adopt: true });
    const plan = await crctl('plan', 'other.yaml', '--out', 'case.json');
    expect(plan.out).toContain('adopts token');
    const applied = await crctl('apply', 'case.json', '--yes');
    expect(applied, applied.err).toMatchObject({ code: 0 });
    await oldPasswordPulls('press-8');
    const { user, password } = await it.operator.login(it.secretOf('Press-Eight'));
    await pulls(user, password);
    // Another client cannot have it too, in whatever case.
    const other = await it.app.end(await it.app.start(onboardingOf('press-8', { token: 'pReSs-8', adopt: true })));
    expect(other.failure?.problems?.map(({ code }) => code)).toEqual(['token-of-another-client']);
  });

  test.each([
    ['the sync token', () => REGISTRY, {}, 'token-reserved'],
    ["a managed client's token", () => 'press-4', {}, 'token-of-another-client'],
    ['a token with both passwords in use', () => 'press-2', { replaceSlot: 'password1' }, 'slots-in-use'],
    ['a token whose rights are more than the request', () => 'press-3', {}, 'adoption-narrows-rights'],
  ])('%s is not adopted', async (_what, token, more, code) => {
    const before = await stateOf(token());
    const request = onboardingOf('intruder', { token: token(), adopt: true, ...more });
    const ended = await it.app.end(await it.app.start(request));
    expect([ended.status, ended.failure?.problems?.map((one) => one.code)]).toEqual(['rolledBack', [code]]);
    expect(await stateOf(token())).toEqual(before);
  });
});

test('an offboarding leaves an adopted token with the password of before, and takes its place at the edge', async () => {
  const away = new TakingAway(it);
  const { result } = await away.offboard('press-5');
  expect(result?.kept.join()).toContain('token press-5: kept');
  const { status, credentials, scopeMapId } = await stateOf('press-5');
  expect([status, credentials?.passwords?.map(({ name }) => name), scopeMapId]).toEqual([
    'enabled',
    ['password1'],
    expect.stringMatching(new RegExp(`/${MAP}$`)),
  ]);
  expect(await it.operator.boundTokens()).not.toContain('press-5');
  expect((await listed()).unmanaged.map(({ token }) => token)).toEqual(['press-2']);
});

test('no password is in a file, an answer or a journal', async () => {
  const texts = ['fleet.yaml', 'plan.json', 'case.json'].map((name) =>
    readFileSync(join(program.folder, name), 'utf8'),
  );
  const earlier = [...theirs].map(([user, password]) => ({ host: 'x', user, password }));
  expect(await findPasswords(it, texts, earlier)).toMatchObject({ found: [] });
});
