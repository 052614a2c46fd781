import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { revocationInstance } from '../../../../src/domain/revocation/revocationInstance.js';
import { OFFBOARD, ONBOARD, REVOKE } from '../../../../src/domain/operations/run.js';
import type { OperationOutcome, OperationResult } from '../../../../src/domain/operations/operation.js';
import { deriveReportKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { AnonymousLimit, anonymousHandlers } from '../../../../src/triggers/http/anonymousHandlers.js';
import { guarded } from '../../../../src/triggers/http/guarded.js';
import { postOffboardings } from '../../../../src/triggers/http/routes/offboardings.js';
import { postRevocations } from '../../../../src/triggers/http/routes/revocations.js';
import { getHealth } from '../../../../src/triggers/http/routes/health.js';
import { postOnboardings } from '../../../../src/triggers/http/routes/onboardings.js';
import { cancelOperation, getOperation } from '../../../../src/triggers/http/routes/operations.js';
import { operatorRoute } from '../../../../src/triggers/http/operatorRoute.js';
import { postPullCheck } from '../../../../src/triggers/http/routes/pullChecks.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { answerMisfits, routes, type SeenAnswer } from '../../fakes/answers/apiDocument.js';
import { FakeDurableClient, httpRequest, invocation, seen, type Instance } from '../../fakes/durable/durableClient.js';
import {
  giveChecks,
  giveClientOperations,
  giveInventory,
  giveOperationLists,
} from '../../fakes/answers/inventoryAnswers.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { onboardIn } from '../../fakes/worlds/onboardWorld.js';
import { OBJECT_ID, principalHeader } from '../../fakes/answers/principal.js';
import { giveDeviceAnswers } from '../../fakes/answers/deviceAnswers.js';
import { giveFleet } from '../../fakes/answers/fleetAnswers.js';
import { giveEnrolments } from '../../fakes/answers/enrolmentAnswers.js';
import { givePendingMessages } from '../../fakes/answers/pendingAnswers.js';
import { givePollers } from '../../fakes/answers/pollerAnswers.js';
import { giveRollouts } from '../../fakes/answers/rolloutAnswers.js';
import { givePromotions, giveRotations, giveSchedules } from '../../fakes/answers/rotationAnswers.js';
import { BODY, config, CONNECTED_REGISTRY, onboarding, onboardingRun, RUN } from '../../fakes/answers/requests.js';
import { offboardIn, revokeIn } from '../../fakes/clients/clients.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const INSTANCE = clientKey(onboarding());
const ID = `${INSTANCE}.${RUN}`;
const keys = config().reportKeys;

type Given = SeenAnswer & { readonly route: string; readonly name: string };
const given: Given[] = [];
const note = (route: string, name: string, answer: SeenAnswer) => given.push({ ...answer, route, name });

/** An engine that holds one run, as far as it has come. */
function holding(changes: Partial<Instance> = {}): FakeDurableClient {
  const engine = new FakeDurableClient();
  engine.instances.set(INSTANCE, { name: ONBOARD, input: onboardingRun(), runtimeStatus: 'Running', ...changes });
  return engine;
}

async function onboardings(name: string, body: unknown, world = createWorld(), engine = new FakeDurableClient()) {
  const answer = operatorRoute({ kind: 'functionKey' }, postOnboardings(world.config, world.queries)).handler(
    httpRequest({ body }),
    engine.client,
    invocation().context,
  );
  note('POST onboardings', name, seen(await whileTimePasses(answer)));
}

async function operation(name: string, engine: FakeDurableClient, id = ID) {
  const request = httpRequest({ params: { id } });
  for (const [route, handler] of [
    ['GET operations/{id}', getOperation],
    ['POST operations/{id}/cancel', cancelOperation],
  ] as const) {
    const { context } = invocation();
    const answer = await operatorRoute({ kind: 'functionKey' }, handler).handler(request, engine.client, context);
    note(route, name, seen(answer));
  }
}

async function pullCheck(name: string, engine: FakeDurableClient, body: unknown = report(), attempt = 1) {
  const { expiresAt } = report();
  const reportKey = deriveReportKey(keys.signing, { operation: ID, attempt, expiresAt });
  const request = httpRequest({
    body,
    params: { operation: ID, attempt: String(attempt) },
    headers: { authorization: `PullCheck k1:${reportKey}` },
  });
  const handler = guarded(postPullCheck(keys), 'device');
  note(
    'POST pull-checks/{operation}/{attempt}',
    name,
    seen(await handler(request, engine.client, invocation().context)),
  );
}

async function giveOnboardings(): Promise<void> {
  await onboardings('a start', BODY);
  await onboardings('no JSON', '{');
  await onboardings('fields at fault', { ...BODY, client: 7, password: 'x', repositories: [] });
  await onboardings('too many bytes', { ...BODY, image: 'x'.repeat(256 * 1024) });
  await onboardings('another run', { ...BODY, image: 'hello-world:2' }, createWorld(), holding());
  const silent = new FakeDurableClient();
  silent.onStart = () => undefined;
  await onboardings('a silent engine', BODY, createWorld(), silent);
  const broken = new FakeDurableClient();
  broken.onStart = () => {
    throw new TypeError('broken');
  };
  await onboardings('a broken engine', BODY, createWorld(), broken);

  await onboardings('a dry run', { ...BODY, dryRun: true });
  const inactive = createWorld();
  const found = inactive.controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
  if (found) inactive.controlPlane.connectedRegistries.set(CONNECTED_REGISTRY, { ...found, isActive: false });
  const much = { repositories: ['hello-world', 'elsewhere'], endpoint: 'other:1', token: CONNECTED_REGISTRY };
  await onboardings('a dry run with problems', { ...BODY, ...much, dryRun: true }, inactive);
  for (const kind of ['throttled', 'forbidden'] as const) {
    const world = createWorld();
    world.wire.fail('listTokens', { when: 'before', kind, ...(kind === 'throttled' ? { retryAfterSeconds: 17 } : {}) });
    await onboardings(`a dry run while Azure is ${kind}`, { ...BODY, dryRun: true }, world);
  }
}

/** What the routes that take several clients answer. */
async function giveClients(): Promise<void> {
  const routesOfClients = {
    'POST offboardings': (world: World) => postOffboardings(world.config, world.queries),
    'POST revocations': (world: World) => postRevocations(world.config, world.queries),
  };
  const { connectedRegistry, client } = BODY;
  const clients = [{ connectedRegistry, client }];
  const broken = new FakeDurableClient();
  broken.onStart = () => {
    throw new TypeError('broken');
  };
  const silent = new FakeDurableClient();
  silent.onStart = () => undefined;
  const known = () => {
    const world = createWorld();
    world.addToken();
    return world;
  };
  const give = async (name: string, body: unknown, engine = new FakeDurableClient(), world = known()) => {
    for (const [route, handler] of Object.entries(routesOfClients)) {
      const asked = operatorRoute({ kind: 'functionKey' }, handler(world));
      const answer = asked.handler(httpRequest({ body }), engine.client, invocation().context);
      note(route, name, seen(await whileTimePasses(answer)));
    }
  };
  await give('a start', { clients });
  await give('a start while another run holds the client', { clients }, holding());
  await give('an unknown client', { clients }, undefined, createWorld());
  await give('no JSON', '{');
  await give('fields at fault', { clients: [{ ...clients[0], client: 7 }], password: 'x' });
  await give('too many bytes', { clients, more: 'x'.repeat(64 * 1024) });
  await give('a silent engine', { clients }, silent);
  await give('a broken engine', { clients }, broken);

  const { world } = await onboarded();
  await give('a dry run', { clients, dryRun: true }, holding(), world);
  for (const kind of ['throttled', 'forbidden'] as const) {
    const failing = known();
    // Each route reads two secrets concurrently.
    failing.wire.fail('versions', { when: 'before', kind, times: 2 * Object.keys(routesOfClients).length });
    await give(`a dry run while Azure is ${kind}`, { clients, dryRun: true }, undefined, failing);
  }
}

async function onboarded() {
  const world = createWorld();
  const { flows } = await onboardIn(world);
  return { world, flows };
}

/** Runs the flow over the fake services; every status that it shows on its way is looked at too. */
async function giveRun(
  name: string,
  run: Promise<{ outcome: OperationOutcome<OperationResult>; context: { statuses: string[] } }>,
  kind: string = ONBOARD,
) {
  const { outcome, context } = await run;
  const instance = kind === REVOKE ? revocationInstance({ instance: INSTANCE, run: RUN }) : INSTANCE;
  const shows = (changes: Partial<Instance>) => {
    const engine = new FakeDurableClient();
    engine.instances.set(instance, { name: kind, input: onboardingRun(), runtimeStatus: 'Running', ...changes });
    return engine;
  };
  for (const [nth, status] of context.statuses.entries())
    await operation(`${name}, at ${nth}`, shows({ customStatus: JSON.parse(status) }));
  const output: unknown = JSON.parse(JSON.stringify(outcome));
  await operation(`${name}, ended as ${outcome.status}`, shows({ runtimeStatus: 'Completed', output }));
}

async function giveOperations(): Promise<void> {
  await operation('a run that has just started', holding({ runtimeStatus: 'Pending' }));
  await giveRun('a success', onboardIn(createWorld()));
  await giveRun('a refusal', onboardIn(createWorld(), { request: { repositories: ['elsewhere'] } }));
  const mismatch = () => report({ outcome: 'digest-mismatch' });
  await giveRun('a failure', onboardIn(createWorld(), { device: mismatch }));
  await giveRun('an offboarding', offboardIn((await onboarded()).flows), OFFBOARD);
  await giveRun('a revocation', revokeIn((await onboarded()).flows), REVOKE);
  await operation('a run that was terminated', holding({ runtimeStatus: 'Terminated' }));
  await operation('a run that failed', holding({ runtimeStatus: 'Failed' }));
  await operation('an unknown run', new FakeDurableClient());
  await operation(
    'an earlier run',
    holding(),
    `${INSTANCE}.${newRunId(new Date('2026-02-01T00:00:00Z'), Buffer.alloc(4))}`,
  );
  const broken = holding();
  broken.onRead = () => {
    throw new TypeError('broken');
  };
  await operation('a broken engine', broken);
}

async function givePullChecks(): Promise<void> {
  vi.setSystemTime(new Date('2026-03-01T12:04:00Z'));
  const asked = (reports: Readonly<Record<string, string>> = {}, attempt = 1) => {
    const { expiresAt } = report();
    return holding({
      customStatus: {
        phase: 'pullCheck',
        steps: [],
        pullCheck: {
          attempt,
          expiresAt,
          reports,
          request: { secret: { name: 'a-secret', version: 'v1' }, image: 'hello-world:latest' },
        },
      },
    });
  };
  await pullCheck('a report', asked());
  await pullCheck('a repeated report', asked({ 1: reportHash(report()) }));
  const joined = asked();
  joined.entities.set(`@client@${INSTANCE}`, { joined: { thumbprint: 't', joinedAt: '2026-03-01T12:00:00Z' } });
  await pullCheck('a key in clear of a joined device', joined);
  await pullCheck('another report', asked({ 1: 'another-hash' }));
  await pullCheck('a report with fields at fault', asked(), { ...report(), bytes: 'many', password: 'x' });
  await pullCheck('no JSON', asked(), '{');
  await pullCheck('a report of an ended run', new FakeDurableClient());
  await pullCheck('a report of an earlier attempt', asked({}, 2));
  await pullCheck('too many bytes', asked(), { ...report(), agent: 'a'.repeat(5000) });
  const busy = asked();
  busy.takesReports = false;
  const unconfirmed = pullCheck('a report to a busy run', busy);
  await whileTimePasses(unconfirmed);
  const broken = asked();
  broken.onRead = () => {
    throw new TypeError('broken');
  };
  await pullCheck('a broken engine', broken);
  const one = anonymousHandlers(new AnonymousLimit(1))(postPullCheck(keys), 'device');
  for (const name of ['the first of a minute', 'the second']) {
    const request = httpRequest({ body: '{', params: { operation: ID, attempt: '1' } });
    note(
      'POST pull-checks/{operation}/{attempt}',
      name,
      seen(await one(request, asked().client, invocation().context)),
    );
  }
  vi.setSystemTime(new Date('2026-03-01T12:05:00Z'));
  await pullCheck('a late report', asked());
}

/** What every route for operators answers to others, where Entra tells who is one. */
async function giveStrangers(): Promise<void> {
  const access = { kind: 'entra', role: 'Operator', principals: [] } as const;
  const { handler } = operatorRoute(access, () => Promise.reject(new Error('It is not let in.')));
  const answers = { nobody: {}, somebody: { 'x-ms-client-principal': principalHeader([['oid', OBJECT_ID]]) } };
  for (const [route, { security }] of routes)
    for (const [name, headers] of Object.entries(answers))
      if (security === undefined)
        note(
          route,
          name,
          seen(await handler(httpRequest({ headers }), new FakeDurableClient().client, invocation().context)),
        );
}

/** What every route for operators that changes something answers to browsers on pages of other sites, and to forms. */
async function giveOtherSites(): Promise<void> {
  const { handler } = operatorRoute({ kind: 'functionKey' }, () => Promise.reject(new Error('It is not let in.')));
  const answers = { elsewhere: { 'sec-fetch-site': 'cross-site' }, form: { 'content-type': 'text/plain' } };
  for (const [route, { security }] of routes)
    for (const [name, headers] of Object.entries(answers))
      if (security === undefined && !route.startsWith('GET'))
        note(
          route,
          name,
          seen(await handler(httpRequest({ headers }), new FakeDurableClient().client, invocation().context)),
        );
}

async function giveHealth(): Promise<void> {
  const world = createWorld();
  const queries = { health: world.queries.health };
  const broken = { health: () => Promise.reject(new TypeError('broken')) };
  for (const [name, source] of Object.entries({ queries, broken })) {
    const { handler } = operatorRoute({ kind: 'functionKey' }, getHealth(source));
    note(
      'GET health',
      name,
      seen(await handler(httpRequest({}), new FakeDurableClient().client, invocation().context)),
    );
  }
}

async function giveLists(): Promise<void> {
  await giveHealth();
  await giveInventory(note);
  await giveOperationLists(note);
  await giveClientOperations(note);
  await giveChecks(note);
}

beforeAll(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  await giveOnboardings();
  await giveClients();
  await giveOperations();
  await giveRotations(note);
  await giveSchedules(note);
  await giveRollouts(note);
  await givePromotions(note);
  await giveEnrolments(note);
  await givePollers(note);
  await givePullChecks();
  await givePendingMessages(note);
  await giveDeviceAnswers(note);
  await giveStrangers();
  await giveOtherSites();
  await giveFleet(note);
  await giveLists();
});
afterAll(() => vi.useRealTimers());

describe('what the routes answer', () => {
  test('matches the OpenAPI document, without additional fields', () => {
    const wrong = given.flatMap(({ route, name, ...answer }) =>
      answerMisfits(route, answer).map((misfit) => `${route}, ${name}, ${answer.status}: ${misfit}`),
    );
    expect(wrong).toEqual([]);
  });

  test('covers all answers in the document', () => {
    const answered = new Set(given.map(({ route, status, body }) => `${route} ${status} ${codeOf(body)}`));
    // The document's own route has its own test.
    const documented = [...routes]
      .filter(([route]) => route !== 'GET openapi.json')
      .flatMap(([route, { responses }]) =>
        Object.entries(responses).flatMap(([status, { content = {} }]) =>
          Object.entries(content).flatMap(([type, { schema }]) =>
            (type === 'application/problem+json' ? codesOf(schema) : ['']).map((code) => `${route} ${status} ${code}`),
          ),
        ),
      );
    expect([...answered].sort()).toEqual(documented.sort());
  });
});

function codeOf(body: unknown): string {
  return (body as { code?: string }).code ?? '';
}

function codesOf(schema: unknown): readonly string[] {
  const [, own] = (schema as { allOf: { properties: { code: { enum: string[] } } }[] }).allOf;
  return own?.properties.code.enum ?? [];
}
