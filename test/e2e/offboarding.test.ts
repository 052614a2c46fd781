import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { until } from '../shared/until.js';
import { onboardingOf, type Operation } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { whileNothingSyncs } from './harness/holds.js';
import type { Login } from './harness/operatorSdk.js';
import { findPasswords } from './harness/passwordSearch.js';
import { takingAway, TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
let away: TakingAway;
/** Logins that tests have read before what they were for was taken away. */
const logins: Login[] = [];
beforeAll(async () => {
  it = await startTestStack();
  away = new TakingAway(it);
});
afterAll(() => it.dispose());

const start = (client: string, more: Record<string, unknown> = {}): Promise<string> =>
  it.app.start(onboardingOf(client, more));

/** Onboards a client. @returns its operation, and the login that its secret holds. */
async function onboard(
  client: string,
  more: Record<string, unknown> = {},
): Promise<{ ended: Operation; login: Login }> {
  const ended = await it.app.end(await start(client, more));
  expect(ended).toMatchObject({ status: 'completed' });
  const login = await it.operator.login(it.secretOf(client));
  logins.push(login);
  return { ended, login };
}

describe('an offboarding', () => {
  test('removes a client, and the shared scope map with its last client; a second one writes nothing', async () => {
    const before = await it.operator.everything();
    const names = ['sharing-1', 'sharing-2'] as const;
    for (const name of names) await onboard(name);
    const first = await away.offboard(names[0]);
    expect(first).toMatchObject({ status: 'completed', result: { changed: true } });
    expect(first.result?.kept.join()).toContain('1 other token(s) use it');
    expect(await it.operator.secretNames()).toContain(it.secretOf(names[1]));
    const last = await away.offboard(names[1]);
    expect(last.result?.removed.map((what) => what.split(' ')[0])).toEqual([
      'binding',
      'token',
      'scope',
      'secret',
      'secret',
    ]);
    expect(await it.operator.everything()).toEqual(before);

    const writes = await it.armWrites(async () =>
      expect(await away.offboard(names[1])).toMatchObject({ status: 'completed', result: { changed: false } }),
    );
    expect(writes).toBe(0);
  });

  test('lists in a dry run what it then does, also while a run is in progress', async () => {
    const before = await it.operator.everything();
    await onboard('planned', { scopeMap: 'planned-map' });
    await whileNothingSyncs(it, async () => {
      const id = await start('planned', { scopeMap: 'planned-map', recheck: true });
      const answer = await away.post('offboardings', away.bodyFor(['planned'], { dryRun: true }));
      expect([answer.status, (await it.app.operation(id)).status]).toEqual([200, 'running']);
      expect(answer.body).toMatchObject({ problems: [], adopts: [] });
      const { writes } = answer.body as { writes: { step: string; client: string }[] };
      expect(new Set(writes.map(({ client }) => client))).toEqual(new Set(['planned']));
      expect(writes.map(({ step }) => step)).toEqual([
        'unbind',
        'deleteToken',
        'deleteToken',
        'removeScopeMap',
        'retireSecret',
        'retireSecret',
        ...(writes.length > 6 ? ['retireSecret'] : []),
      ]);
    });
    expect((await away.offboard('planned')).status).toBe('completed');
    expect(await it.operator.everything()).toEqual(before);
  });

  test('of a client with only its token, or only its secret, removes the rest', async () => {
    const before = await it.operator.everything();
    const { resourceGroup: group, registry } = it.stack.endpoints.azure;
    await onboard('token-left');
    for (const name of [it.secretOf('token-left'), `${it.secretOf('token-left')}-candidate`])
      await (await it.operator.secrets.beginDeleteSecret(name)).pollUntilDone();
    const { ended } = await onboard('secret-left', { token: 'token-of-its-own' });
    const list = (await it.operator.boundTokens()).filter((name) => name !== 'token-of-its-own');
    await it.operator.registries.connectedRegistries.update(group, registry, 'myconnectedregistry', {
      clientTokenIds: await Promise.all(list.map(async (name) => (await it.operator.token(name)).id ?? '')),
    });
    await it.operator.registries.tokens.delete(group, registry, ended.result?.token ?? '');

    for (const client of ['token-left', 'secret-left'])
      expect(await away.offboard(client)).toMatchObject({ status: 'completed', result: { changed: true } });
    expect(await it.operator.everything()).toEqual(before);
  });

  test('leaves names that only a purge frees, and the client can be onboarded and offboarded again', async () => {
    const settings = `${it.stack.endpoints.azure.arm}/_control/settings`;
    await it.stack.controlPlane.https(settings, { method: 'PATCH', body: { purgeProtection: true } });
    const { login: old } = await onboard('comes-back');
    expect((await away.offboard('comes-back')).status).toBe('completed');
    expect((await away.offboard('comes-back')).result?.changed).toBe(false);
    const { login } = await onboard('comes-back');
    expect(login.password).not.toBe(old.password);
    expect((await pullManifest(login, 'hello-world')).status).toBe(200);
    expect((await pullManifest(old, 'hello-world')).status).toBe(401);
    expect((await away.offboard('comes-back')).status).toBe('completed');
  });

  test('stops an onboarding in progress, which undoes its steps, and nothing is left', async () => {
    const before = await it.operator.everything();
    await whileNothingSyncs(it, async () => {
      const id = await start('in-progress');
      await it.app.watch(id, ({ phase }) => phase === 'pullCheck');
      const [offboarding = ''] = await away.start('offboardings', 'in-progress');
      expect(offboarding).not.toBe(id);
      expect(await away.end(offboarding)).toMatchObject({ kind: 'offboard', status: 'completed' });
      expect(await it.app.get(`operations/${id}`)).toMatchObject({
        status: 200,
        body: { status: 'rolledBack', abridged: true },
      });
    });
    expect(await it.operator.everything()).toEqual(before);
  });

  test('has priority over later requests, which are refused until it ends and do not end it', async () => {
    const request = onboardingOf('comes-again');
    const [offboarding = ''] = await whileNothingSyncs(it, async () => {
      const id = await start('comes-again');
      await it.app.watch(id, ({ phase }) => phase === 'pullCheck');
      return away.start('offboardings', 'comes-again');
    });
    const answer = await until(
      () => it.app.post(request),
      ({ status }) => status !== 409,
      'the offboarding no longer refuses a request',
      { pause: 20 },
    );
    expect(answer.status).toBe(202);
    const { id } = z.object({ id: z.string() }).parse(answer.body);
    expect(await it.app.get(`operations/${offboarding}`)).toMatchObject({
      status: 200,
      body: { status: 'completed', abridged: true },
    });
    expect((await it.app.end(id)).status).toBe('completed');
    logins.push(await it.operator.login(it.secretOf('comes-again')));
    expect((await away.offboard('comes-again')).status).toBe('completed');
  });

  test('requested twenty times at once is one run, and every answer returns it', async () => {
    await onboard('asked-often');
    const ids = await Promise.all(Array.from({ length: 20 }, () => away.start('offboardings', 'asked-often')));
    const found = await Promise.all([...new Set(ids.flat())].map((id) => it.app.get(`operations/${id}`)));
    // One that was asked for when the first had ended is a run of its own, with nothing to do.
    const isPresent = (body: unknown): boolean => typeof body === 'object' && body !== null && !('abridged' in body);
    const [present, ...others] = found.filter(({ body }) => isPresent(body));
    expect([others, found.every(({ status }) => status === 200)]).toEqual([[], true]);
    expect((await away.end(takingAway.parse(present?.body).id)).status).toBe('completed');
    expect((await away.offboard('asked-often')).result?.changed).toBe(false);
  });

  test('keeps a token that existed before, with the password that it had', async () => {
    const { resourceGroup: group, registry } = it.stack.endpoints.azure;
    const { registries } = it.operator;
    const map = await registries.scopeMaps.create(group, registry, 'their-map', {
      actions: ['repositories/hello-world/content/read'],
    });
    await registries.tokens.create(group, registry, 'their-token', { scopeMapId: map.id ?? '', status: 'enabled' });
    await it.stack.controlPlane.operator.generatePassword('their-token', 'password1');
    await onboard('adopting', { token: 'their-token', scopeMap: 'their-map', adopt: true });
    const ended = await away.offboard('adopting');
    expect(ended.status).toBe('completed');
    expect(ended.result?.kept.join()).toContain('because this app did not create it');
    const left = await it.operator.token('their-token');
    expect(left.status).toBe('enabled');
    expect(left.credentials?.passwords?.map(({ name }) => name)).toEqual(['password1']);
    expect(await it.operator.boundTokens()).not.toContain('their-token');
    expect(await it.operator.secretNames()).not.toContain(it.secretOf('adopting'));
  });

  // In the default ring faults/takingAway.test.ts kills the host during the calls of an offboarding.
  test('continues after kills of host and app, and leaves nothing', { tags: ['kills-again', 'long'] }, async () => {
    const before = await it.operator.everything();
    await onboard('killed', { scopeMap: 'killed-map' });
    const [id = ''] = await away.start('offboardings', 'killed');
    for (let kill = 0; kill < 2; kill += 1) await it.crashHost();
    expect(await away.end(id)).toMatchObject({ status: 'completed' });
    expect(await it.operator.everything()).toEqual(before);
  });

  test('that has started cannot be cancelled', async () => {
    const { https } = it.stack.controlPlane;
    const faults = `${it.stack.endpoints.azure.arm}/_control/faults`;
    await onboard('not-to-be-halved');
    const match = { operation: 'Microsoft.ContainerRegistry/registries/tokens/delete', principal: 'app' };
    await https(faults, { method: 'POST', body: { match, status: 503 } });
    const [id = ''] = await away.start('offboardings', 'not-to-be-halved');
    await away.end(id, ({ steps }) => steps.some(({ name, status }) => name === 'deleteToken' && status === 'waiting'));
    const answer = await away.post(`operations/${id}/cancel`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'not-cancellable' } });
    await https(faults, { method: 'DELETE' });
    expect((await away.end(id)).status).toBe('completed');
    expect((await away.post(`operations/${id}/cancel`)).body).toMatchObject({ code: 'already-ended' });
  });
});

test('a refused request reports each client’s error, and starts nothing', async () => {
  const body = { clients: [{ connectedRegistry: 'myconnectedregistry', client: 'a' }, { client: 'b' }], dryrun: true };
  const answer = await away.post('offboardings', body);
  expect(answer.status).toBe(400);
  const fields = (answer.body as { errors: { field: string }[] }).errors.map(({ field }) => field);
  expect(fields).toEqual(expect.arrayContaining(['clients.1.connectedRegistry', 'dryrun']));
});

test('no password appears in the journal, a log or an answer', async () => {
  // Those whose secrets are gone by now are looked for all the same.
  expect((await findPasswords(it, [], logins)).found).toEqual([]);
});
