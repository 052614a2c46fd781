import { beforeEach, describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { OFFBOARD, ONBOARD, REVOKE } from '../../../../src/domain/operations/run.js';
import { formatTags } from '@connected-registry/protocol/names/secretTags';
import { waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { durableRuns } from '../../../../src/triggers/durable/durableRuns.js';
import { postOffboardings } from '../../../../src/triggers/http/routes/offboardings.js';
import { postOnboardings } from '../../../../src/triggers/http/routes/onboardings.js';
import { postRevocations } from '../../../../src/triggers/http/routes/revocations.js';
import { FakeDurableClient, httpRequest, seen } from '../../fakes/durable/durableClient.js';
import { reference } from '../../fakes/answers/orders.js';
import { BODY, onboarding, onboardingRun } from '../../fakes/answers/requests.js';
import { LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const INSTANCE = clientKey(reference());
const { connectedRegistry, client } = BODY;
const one = { clients: [{ connectedRegistry, client }] };
interface Part {
  readonly id?: string;
  readonly problem?: { readonly code: string };
}

let engine: FakeDurableClient;
let world: World;
beforeEach(() => {
  engine = new FakeDurableClient();
  world = createWorld();
});
const hold = (name = ONBOARD) => {
  const input = { ...onboardingRun(), run: 'another-run' };
  engine.instances.set(INSTANCE, { name, input, runtimeStatus: 'Running' });
};
const parts = (answer: { body: Readonly<Record<string, unknown>> }) => answer.body['operations'] as readonly Part[];
const offboard = async (body: unknown = one) =>
  seen(await postOffboardings(world.config, world.queries)(httpRequest({ body }), engine.client, 'ada'));
const revoke = async (body: unknown = one) =>
  seen(await postRevocations(world.config, world.queries)(httpRequest({ body }), engine.client, 'ada'));

describe('POST /api/offboardings', () => {
  test('starts a run of the client with its actor', async () => {
    world.addToken();
    const answer = await offboard();
    expect([answer.status, parts(answer)[0]?.id?.startsWith(`${INSTANCE}.`)]).toEqual([202, true]);
    expect(engine.instances.get(INSTANCE)).toMatchObject({ name: OFFBOARD, input: { actor: 'ada' } });
  });

  test('waits until a running run stops, and attaches to an equal request', async () => {
    hold();
    const [first] = parts(await offboard());
    expect(engine.instances.get(waitingInstance(OFFBOARD, reference()))).toMatchObject({ input: { preempts: true } });
    expect(parts(await offboard())).toEqual([{ ...reference(), id: first?.id, status: 'running' }]);
  });

  test('has priority: later requests are refused with its operation until it has ended', async () => {
    hold();
    const [offboarding] = parts(await offboard());
    engine.instances.delete(INSTANCE);
    const onboard = async () =>
      seen(await postOnboardings(world.config, world.queries)(httpRequest({ body: BODY }), engine.client, 'ada'));
    expect(await onboard()).toMatchObject({ status: 409, body: { running: offboarding?.id } });
    expect(engine.instances.has(INSTANCE)).toBe(false);

    const waiting = engine.instances.get(waitingInstance(OFFBOARD, reference()));
    if (waiting) waiting.runtimeStatus = 'Completed';
    expect((await onboard()).status).toBe(202);
  });

  test('plans also during a run, and starts nothing', async () => {
    hold();
    world.addToken();
    const { token, scopeMap } = onboarding();
    const held = [{ token, scopeMap, since: LONG_AGO, createdAt: LONG_AGO, isMade: true }];
    engine.entities.set(`@client@${INSTANCE}`, { held });
    const answer = await offboard({ ...one, dryRun: true });
    expect(answer).toMatchObject({ status: 200, body: { problems: [], adopts: [] } });
    expect(JSON.stringify(answer.body)).toContain('delete token');
    expect([engine.starts, world.wire.writes]).toEqual([0, []]);
  });
});

describe.each([
  ['offboardings', () => offboard, OFFBOARD],
  ['revocations', () => revoke, REVOKE],
])('POST /api/%s for an unknown client', (_, route, kind) => {
  test('starts nothing, and answers with the problem and similar names', async () => {
    await world.vault.store('a-secret', '{}', { expiresOn: LONG_AGO, tags: tagsOf({ client: 'Sensor-7' }) });
    const near = [{ ...reference(), client: 'Sensor-7' }];
    const [part] = parts(await route()());
    expect(part).toMatchObject({ client, problem: { status: 404, code: 'client-unknown', near } });
    const dry = await route()({ ...one, dryRun: true });
    expect(dry).toMatchObject({ status: 200, body: { problems: [{ code: 'client-unknown' }], writes: [] } });
    expect(JSON.stringify(dry.body)).toContain('Sensor-7 of');
    expect([engine.starts, world.wire.writes]).toEqual([0, []]);
  });

  test.each<[string, () => unknown]>([
    ['its secret, although that is disabled', async () => world.vault.disable(await storeMain())],
    ['its secret, although that is deleted', async () => world.vault.remove((await storeMain()).name)],
    ['a token of its name', () => world.addToken()],
    ['the client list', () => world.controlPlane.change(connectedRegistry, { clientTokens: [onboarding().token] })],
    ['its record', () => engine.entities.set(`@client@${INSTANCE}`, { knownSince: LONG_AGO })],
    ['a running run', () => hold(kind)],
  ])('does not refuse a client that %s knows', async (_how, tell) => {
    await tell();
    expect(parts(await route()())[0]?.problem?.code).not.toBe('client-unknown');
  });

  test.each(['newest', 'getToken', 'getConnectedRegistry', 'tagsOfDeleted'])(
    'starts it where %s cannot be read: what is unknown is not taken for not there',
    async (method) => {
      world.wire.fail(method, { when: 'before', kind: 'unavailable' });
      expect(parts(await route()())[0]).toMatchObject({ status: 'running' });
    },
  );

  test('does not mistake an earlier revocation or an event for a known client', async () => {
    engine.entities.set(`@client@${INSTANCE}`, { revokedAt: LONG_AGO, newestEventAt: LONG_AGO });
    expect(parts(await route()())[0]?.problem?.code).toBe('client-unknown');
  });
});

function tagsOf(changes: object = {}) {
  const { token, scopeMap } = onboarding();
  const issued = { run: 'r', attempt: 1, slotCreatedAt: LONG_AGO };
  const made = { scopeMap: true, token: true };
  return formatTags({
    ...reference(),
    token,
    scopeMap,
    slot: 'password1',
    expiresOn: LONG_AGO,
    issued,
    made,
    ...changes,
  });
}
const storeMain = () => world.vault.store(INSTANCE, '{}', { expiresOn: LONG_AGO, tags: tagsOf() });

describe('POST /api/revocations', () => {
  test('never waits: each starts its own run beside the client’s run', async () => {
    hold();
    const ids = [parts(await revoke())[0]?.id, parts(await revoke())[0]?.id];
    expect(new Set(ids).size).toBe(2);
    expect(ids.every((id) => id?.startsWith(`${INSTANCE}.`))).toBe(true);
    const names = [...engine.instances].filter(([, { name }]) => name === REVOKE).map(([instance]) => instance);
    expect([names.length, names.every((name) => /^[a-z0-9-]{1,100}$/.test(name))]).toEqual([2, true]);
  });

  test('accepts only the fields clients and dryRun', async () => {
    expect((await revoke({ ...one, urgent: true })).status).toBe(400);
  });

  test('plans also during a run, and starts nothing', async () => {
    hold();
    const { token } = onboarding();
    const client = reference().client;
    const vaults = [{ client: reference().client, vault: 'edge-vault.vault.azure.net' }];
    expect((await revoke({ ...one, dryRun: true })).body).toEqual({ problems: [], writes: [], adopts: [], vaults });
    world.addToken();
    expect((await revoke({ ...one, dryRun: true })).body).toEqual({
      problems: [],
      writes: [{ step: 'disable', action: 'disable token', resource: token, client }],
      adopts: [],
      vaults,
    });
    expect([engine.starts, world.wire.writes]).toEqual([0, []]);
  });
});

describe('the present run of a client', () => {
  test('has its steps and the requested token', async () => {
    hold();
    const found = engine.instances.get(INSTANCE);
    if (found) found.customStatus = { phase: 'bind', steps: [{ name: 'preflight' }, { name: 'bind' }] };
    expect(await durableRuns(engine.client).present(reference())).toEqual({
      id: { instance: INSTANCE, run: 'another-run' },
      kind: ONBOARD,
      fingerprint: onboardingRun().fingerprint,
      hasEnded: false,
      isCompleted: false,
      requestedAt: onboardingRun().requestedAt,
      effectiveAt: onboardingRun().requestedAt,
      steps: ['preflight', 'bind'],
      token: onboarding().token,
    });
  });
});

test('a dry run of an onboarding plans to enable what the revocation disabled', async () => {
  world.addToken({ password1: { createdAt: '2025-01-01T00:00:00.000Z' } }).isEnabled = false;
  const ask = async () =>
    seen(
      await postOnboardings(world.config, world.queries)(
        httpRequest({ body: { ...BODY, adopt: true, dryRun: true } }),
        engine.client,
        'ada',
      ),
    );
  expect((await ask()).body).toMatchObject({ problems: [{ code: 'token-disabled' }] });
  engine.entities.set(`@client@${INSTANCE}`, { revokedAt: '2026-01-01T00:00:00.000Z', disabled: [onboarding().token] });
  const { body } = await ask();
  expect([body['problems'], JSON.stringify(body['writes']).includes('enableToken')]).toEqual([[], true]);
});
