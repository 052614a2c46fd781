import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { onboardingOf } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { whileNothingSyncs } from './harness/holds.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import type { Login } from './harness/operatorSdk.js';
import { findPasswords } from './harness/passwordSearch.js';
import { TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
let away: TakingAway;
const logins: Login[] = [];
beforeAll(async () => {
  it = await startTestStack();
  away = new TakingAway(it);
});
afterAll(() => it.dispose());

async function onboard(client: string): Promise<{ token: string; login: Login }> {
  const ended = await it.app.end(await it.app.start(onboardingOf(client)));
  expect(ended).toMatchObject({ status: 'completed' });
  const login = await it.operator.login(it.secretOf(client));
  logins.push(login);
  return { token: ended.result?.token ?? '', login };
}

const statusOf = async (token: string): Promise<string | undefined> => (await it.operator.token(token)).status;
const pulls = async (login: Login): Promise<boolean> => (await pullManifest(login, 'hello-world')).status === 200;

/** Waits for the sync that has the edge refuse it. */
async function refused(login: Login): Promise<void> {
  await vi.waitFor(async () => expect(await pulls(login)).toBe(false), { timeout: PATIENCE * 1000, interval: 200 });
}

test('a stolen device is disabled by one ARM write, and a repetition writes nothing; the answer says when the edge is updated', async () => {
  const { token, login } = await onboard('stolen');
  expect(await pulls(login)).toBe(true);
  const before = await it.operator.everything();
  const writes = await it.armWrites(async () => {
    const ended = await away.revoke('stolen');
    expect(ended).toMatchObject({
      kind: 'revoke',
      status: 'completed',
      result: { changed: true, edge: { connectedRegistry: 'myconnectedregistry' } },
    });
    expect(ended.result?.disabled).toContain(`token ${token}`);
    expect(ended.result?.edge.message).toContain('from its next sync on');
  });
  expect([writes, await statusOf(token)]).toEqual([1, 'disabled']);
  // At the edge with the next sync; there it does not come back.
  await refused(login);
  await expect(it.operator.login(it.secretOf('stolen'))).rejects.toMatchObject({ statusCode: 403 });
  // All is kept to be looked at.
  expect(await it.operator.everything()).toEqual(before);

  const again = await it.armWrites(async () =>
    expect(await away.revoke('stolen')).toMatchObject({
      status: 'completed',
      result: { changed: false, disabled: [] },
    }),
  );
  expect(again).toBe(0);
});

test('only a later onboarding clears it: the client pulls with a new password, and the stolen one works nowhere', async () => {
  const { token, login: stolen } = await onboard('found-again');
  await away.revoke('found-again');
  const planned = await it.app.post(onboardingOf('found-again', { dryRun: true }));
  expect(planned).toMatchObject({ status: 200, body: { problems: [] } });
  expect(planned.text).toContain('enableToken');
  expect(await statusOf(token)).toBe('disabled');

  const { login } = await onboard('found-again');
  expect([login.user, login.password === stolen.password]).toEqual([token, false]);
  expect([await pulls(login), await pulls(stolen)]).toEqual([true, false]);
  expect((await it.operator.token(token)).credentials?.passwords).toHaveLength(1);
  const writes = await it.armWrites(() => onboard('found-again'));
  expect(writes).toBe(0);
});

test('an onboarding that fails to clear it leaves the client disabled', async () => {
  const { token, login } = await onboard('not-found');
  await away.revoke('not-found');
  await whileNothingSyncs(it, async () => {
    const id = await it.app.start(onboardingOf('not-found'));
    await it.app.watch(id, ({ phase }) => phase === 'pullCheck');
    expect((await away.post(`operations/${id}/cancel`)).status).toBe(202);
    expect(await it.app.end(id)).toMatchObject({ status: 'rolledBack', failure: { code: 'cancelled' } });
  });
  expect(await statusOf(token)).toBe('disabled');
  await refused(login);
  expect((await it.app.end(await it.app.start(onboardingOf('not-found')))).status).toBe('completed');
});

test('a token that an operator disabled is not enabled when a revocation is cleared', async () => {
  const { token } = await onboard('disabled-by-hand');
  const { resourceGroup: group, registry } = it.stack.endpoints.azure;
  await it.operator.registries.tokens.update(group, registry, token, { status: 'disabled' });
  await away.revoke('disabled-by-hand');
  const ended = await it.app.end(await it.app.start(onboardingOf('disabled-by-hand')));
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'preflight' } });
  expect(ended.failure?.problems?.map(({ code }) => code)).toEqual(['token-disabled']);
});

test('a run in progress does not delay it and is stopped by it, and its binding request and candidate are undone', async () => {
  await whileNothingSyncs(it, async () => {
    const id = await it.app.start(onboardingOf('half-onboarded'));
    const waiting = await it.app.watch(id, ({ phase }) => phase === 'pullCheck');
    expect(waiting.status).toBe('running');
    const [revocation = ''] = await away.start('revocations', 'half-onboarded');
    const shown = await away.operation(revocation);
    expect([shown.kind, revocation.split('.')[0]]).toEqual(['revoke', id.split('.')[0]]);
    expect(await away.post(`operations/${revocation}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'not-cancellable' },
    });
    const ended = await it.app.end(id);
    expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'revoked', residue: [] } });
    expect((await away.end(revocation)).status).toBe('completed');
  });
  const [token = ''] = (await it.operator.tokenNames()).filter((name) => name.includes('half-onboarded'));
  expect(await statusOf(token)).toBe('disabled');
  expect(await it.operator.secretNames()).not.toContain(it.secretOf('half-onboarded'));
  await expect(it.operator.login(`${it.secretOf('half-onboarded')}-candidate`)).rejects.toMatchObject({
    statusCode: 403,
  });
});

test('an event older than the revocation or the offboarding never brings the device back', async () => {
  const at = new Date();
  const send = (client: string, time?: Date): Promise<void> =>
    it.operator.publish('CloudEvent', onboardingOf(client), time);
  const isThere = (client: string): Promise<Login> => it.operator.login(it.secretOf(client));
  for (const client of ['old-event-1', 'old-event-2']) {
    await send(client, at);
    await vi.waitFor(() => isThere(client), { timeout: PATIENCE * 1000, interval: 200 });
  }
  const [token = ''] = (await it.operator.tokenNames()).filter((name) => name.includes('old-event-1'));
  await away.revoke('old-event-1');
  await away.offboard('old-event-2');
  for (const client of ['old-event-1', 'old-event-2', 'old-event-1', 'old-event-2']) await send(client, at);
  // By the time that a later event has had its effect, the earlier ones have been taken.
  await send('new-event');
  await vi.waitFor(() => isThere('new-event'), { timeout: PATIENCE * 1000, interval: 200 });
  expect(await statusOf(token)).toBe('disabled');
  expect((await it.operator.tokenNames()).filter((name) => name.includes('old-event-2'))).toEqual([]);
});

test('after an offboarding it only marks the client, and an offboarding after it removes everything', async () => {
  const before = await it.operator.everything();
  await onboard('gone');
  await away.revoke('gone');
  expect((await away.offboard('gone')).status).toBe('completed');
  const writes = await it.armWrites(async () =>
    expect(await away.revoke('gone')).toMatchObject({ status: 'completed', result: { changed: false } }),
  );
  expect([writes, await it.operator.everything()]).toEqual([0, before]);
});

test('twenty concurrent revocations of one client, and one of twenty clients, all end, and no token is enabled', async () => {
  const clients = Array.from({ length: 5 }, (_, n) => `crowd-${n}`);
  const tokens = (await Promise.all(clients.map(onboard))).map(({ token }) => token);
  const [ids, many] = await Promise.all([
    away.start('revocations', ...clients),
    Promise.all(Array.from({ length: 20 }, () => away.start('revocations', clients[0] ?? ''))),
  ]);
  const all = [...ids, ...many.flat()];
  expect(new Set(all).size).toBe(25);
  for (const id of all) expect(await away.end(id)).toMatchObject({ status: 'completed' });
  expect(await Promise.all(tokens.map(statusOf))).toEqual(tokens.map(() => 'disabled'));
});

test('no password appears in the journal, a log or an answer', async () => {
  const { searched, found } = await findPasswords(it, [], logins);
  expect(searched).toBeGreaterThan(5);
  expect(found).toEqual([]);
});
