import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { until } from '../shared/until.js';
import { onboardingOf } from './harness/appClient.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import { findPasswords } from './harness/passwordSearch.js';
import { TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

let it: TestStack;
let away: TakingAway;
let nth = 0;
/** A token that somebody made by hand, with a scope map and a password. */
let theirs: { token: string; scopeMap: string };
const isHeld = (name: string, passwords: readonly string[] = ['password1']) =>
  vi.waitFor(async () => {
    const found = await it.operator.token(name);
    expect([found.status, mapOf(found), slotsOf(found)]).toEqual(['enabled', theirs.scopeMap, passwords]);
  });
type Token = Awaited<ReturnType<TestStack['operator']['token']>>;
const mapOf = ({ scopeMapId = '' }: Token): string => scopeMapId.slice(scopeMapId.lastIndexOf('/') + 1);
const slotsOf = ({ credentials }: Token) => (credentials?.passwords ?? []).map(({ name }) => name);

beforeAll(async () => {
  it = await startTestStack();
  away = new TakingAway(it);
});
afterAll(() => it.dispose());
beforeEach(async () => {
  nth += 1;
  theirs = { token: `their-token-${nth}`, scopeMap: `their-map-${nth}` };
  const { resourceGroup: group, registry } = it.stack.endpoints.azure;
  const { registries } = it.operator;
  const map = await registries.scopeMaps.create(group, registry, theirs.scopeMap, {
    actions: ['repositories/hello-world/content/read'],
  });
  await registries.tokens.create(group, registry, theirs.token, { scopeMapId: map.id ?? '', status: 'enabled' });
  await it.stack.controlPlane.operator.generatePassword(theirs.token, 'password1');
});

const onboard = async (client: string, more: Record<string, unknown> = {}) =>
  it.app.end(await it.app.start(onboardingOf(client, more)));
const codesOf = (ended: Awaited<ReturnType<typeof onboard>>) => ended.failure?.problems?.map(({ code }) => code);
const dryRun = z.object({
  problems: z.array(z.object({ code: z.string(), message: z.string(), fix: z.string() })),
  writes: z.array(z.object({ step: z.string(), action: z.string() })),
  adopts: z.array(z.string()),
});
const plan = async (client: string, more: Record<string, unknown>) =>
  dryRun.parse((await it.app.post(onboardingOf(client, { ...more, dryRun: true }))).body);

describe('an event', () => {
  test('neither takes over nor adopts a token', async () => {
    const token = theirs.token;
    for (const more of [{ token }, { token, adopt: true }, { scopeMap: theirs.scopeMap }])
      await it.operator.publish('CloudEvent', onboardingOf('by-event', more));
    // By the time that a later event has had its effect, the earlier ones have been taken.
    await it.operator.publish('CloudEvent', onboardingOf('plain-event'));
    await vi.waitFor(() => it.operator.login(it.secretOf('plain-event')), { timeout: PATIENCE * 1000, interval: 200 });
    expect(await it.operator.secretNames()).not.toContain(it.secretOf('by-event'));
    await isHeld(token);
  });
});

describe('an operator', () => {
  test('takes over a token of others only with adopt, and an offboarding restores it', async () => {
    const { token } = theirs;
    expect((await plan('adopting', { token })).problems.map(({ code }) => code)).toEqual(['token-not-adopted']);
    expect(codesOf(await onboard('adopting', { token }))).toEqual(['token-not-adopted']);
    const shown = await plan('adopting', { token, adopt: true });
    expect([shown.problems, shown.adopts.join()]).toEqual([[], expect.stringContaining('which others made')]);
    expect(shown.writes.map(({ action }) => action).join()).toContain(`from scope map ${theirs.scopeMap}`);
    await isHeld(token);

    const scopeMap = 'adopting-map';
    const { result } = await onboard('adopting', { token, scopeMap, adopt: true });
    expect(mapOf(await it.operator.token(token))).toBe(result?.scopeMap);
    const writes = await it.armWrites(async () =>
      expect((await onboard('adopting', { token, scopeMap })).status).toBe('completed'),
    );
    expect(writes).toBe(0);

    const ended = await away.offboard('adopting');
    expect(ended).toMatchObject({ status: 'completed' });
    expect(ended.result?.removed.join()).toContain(`replaced by its original scope map ${theirs.scopeMap}`);
    await isHeld(token);
    expect(await it.operator.scopeMapNames()).not.toContain(result?.scopeMap);
  });

  test('gets it restored if its secrets are gone and the app was killed in between', async () => {
    const { token } = theirs;
    await onboard('purged', { token, adopt: true });
    const password = slotsOf(await it.operator.token(token));
    expect(password).toHaveLength(2);
    for (const name of [it.secretOf('purged'), `${it.secretOf('purged')}-candidate`]) {
      await (await it.operator.secrets.beginDeleteSecret(name)).pollUntilDone();
      await it.operator.secrets.purgeDeletedSecret(name);
    }
    await it.crashHost();
    expect(await away.offboard('purged')).toMatchObject({ status: 'completed' });
    // Only the secret's tags showed which of the passwords was ours.
    await isHeld(token, ['password1', 'password2']);
    expect(await it.operator.boundTokens()).not.toContain(token);
  });

  test('gets it restored by an undo, and a missing scope map is reported', async () => {
    const { token } = theirs;
    const failing = { token, adopt: true, image: 'hello-world:not-there' };
    expect(await onboard('undone', failing)).toMatchObject({ status: 'rolledBack', failure: { residue: [] } });
    await isHeld(token);

    const { resourceGroup: group, registry } = it.stack.endpoints.azure;
    const id = await it.app.start(onboardingOf('undone', failing));
    await it.app.watch(id, ({ steps }) => steps.some(({ name }) => name === 'issueCredentials'));
    await it.operator.registries.scopeMaps.delete(group, registry, theirs.scopeMap);
    const ended = await it.app.end(id);
    expect([ended.status, ended.failure?.residue.join()]).toEqual([
      'failed',
      expect.stringContaining(`its original scope map ${theirs.scopeMap} no longer exists`),
    ]);
  });
});

describe('a token of another client', () => {
  test('is refused for everybody, also after a revocation, until that client is offboarded', async () => {
    const shared = { token: 'token-of-the-first', adopt: true };
    expect((await onboard('the-first', shared)).status).toBe('completed');
    const check = async () => {
      const planned = await plan('the-second', shared);
      expect(planned.problems.map(({ code }) => code)).toEqual(['token-of-another-client']);
      expect(planned.problems[0]?.message).toContain('the-first');
      expect(codesOf(await onboard('the-second', shared))).toEqual(['token-of-another-client']);
    };
    await check();
    await away.revoke('the-first');
    await check();
    expect((await it.operator.token(shared.token)).status).toBe('disabled');
    await away.offboard('the-first');
    expect((await onboard('the-second', shared)).status).toBe('completed');
  });

  test('goes to one of two clients that request it at the same time', async () => {
    const token = 'token-for-one';
    const ids = await Promise.all(['race-one', 'race-two'].map((name) => it.app.start(onboardingOf(name, { token }))));
    const ended = await Promise.all(ids.map((id) => it.app.end(id)));
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['completed', 'rolledBack']);
    const [refused] = ended.filter(({ status }) => status === 'rolledBack');
    expect(refused && codesOf(refused)).toEqual(['token-of-another-client']);
    expect(slotsOf(await it.operator.token(token))).toHaveLength(1);
  });
});

describe('a token that manual changes share', () => {
  /** Two clients, of which the second's secret tells of the first's token, and holds a password of its own there. */
  async function share(first: string, second: string, token: string): Promise<void> {
    await onboard(first, { token });
    await onboard(second);
    await it.stack.controlPlane.operator.generatePassword(token, 'password2');
    const [, made] = (await it.operator.token(token)).credentials?.passwords ?? [];
    const name = it.secretOf(second);
    const { properties } = await it.operator.secrets.getSecret(name);
    const [run, attempt, , endpoint] = (properties.tags?.['issued'] ?? '').split(' ');
    const issued = `${run} ${attempt} ${made?.creationTime?.toISOString() ?? ''} ${endpoint}`;
    const tags = { ...properties.tags, token, slot: 'password2', issued };
    await it.operator.secrets.updateSecretProperties(name, properties.version ?? '', { tags });
    // What the app knows of the vault's listing may be half a minute old.
    await it.crashHost();
  }

  const token = 'token-of-two';
  beforeAll(() => share('two-one', 'two-two', token));

  test('is reported by a check of both clients', async () => {
    const clients = ['two-one', 'two-two'].map((client) => ({ connectedRegistry: 'myconnectedregistry', client }));
    const started = z.object({ id: z.string() }).parse((await it.app.post({ clients }, 'checks')).body);
    // The whole of it: its steps complete before it does.
    const { text } = await until(
      () => it.app.get(`operations/${started.id}`),
      ({ body }) => z.object({ status: z.string() }).parse(body).status === 'completed',
      `check ${started.id} has completed`,
    );
    expect(text.match(/"token-shared"/g)).toHaveLength(2);
  });

  test('is kept for the other client by a revocation and an offboarding, which report that', async () => {
    const dry = await it.app.post(
      { clients: [{ connectedRegistry: 'myconnectedregistry', client: 'two-one' }], urgent: true, dryRun: true },
      'rotations',
    );
    expect(dryRun.parse(dry.body).problems.map(({ code }) => code)).toEqual(['token-of-another-client']);

    const revoked = await away.revoke('two-one');
    expect(revoked).toMatchObject({ status: 'completed', result: { changed: true } });
    expect(JSON.stringify(revoked.result)).toContain('two-two');
    const left = await it.operator.token(token);
    expect([left.status, slotsOf(left)]).toEqual(['enabled', ['password2']]);
    await expect(it.operator.login(it.secretOf('two-one'))).rejects.toMatchObject({ statusCode: 403 });

    const gone = await away.offboard('two-one');
    expect(gone).toMatchObject({ status: 'completed' });
    expect(gone.result?.kept.join()).toContain('two-two');
    expect([(await it.operator.token(token)).status, await it.operator.boundTokens()]).toEqual([
      'enabled',
      expect.arrayContaining([token]),
    ]);
  });
});

describe('an unknown client', () => {
  test('is a problem in each route, with similar names, and nothing is changed for it', async () => {
    await onboard('Stolen-Device');
    const clients = [{ connectedRegistry: 'myconnectedregistry', client: 'stolen-device' }];
    await it.crashHost();
    for (const route of ['revocations', 'offboardings', 'rotations', 'checks']) {
      const answer = await it.app.post({ clients }, route);
      expect([route, answer.status, answer.text]).toEqual([route, 202, expect.stringContaining('"client-unknown"')]);
      expect(answer.text).toContain('Stolen-Device');
      const dry = await it.app.post({ clients, dryRun: true }, route);
      expect([route, dry.status, dry.text]).toEqual([route, 200, expect.stringContaining('"client-unknown"')]);
    }
    await it.operator.login(it.secretOf('Stolen-Device'));
  });
});

test('no password appears in the journal, a log or an answer', async () => {
  expect((await findPasswords(it, [], [])).found).toEqual([]);
});
