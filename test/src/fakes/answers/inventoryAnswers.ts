import { vi } from 'vitest';
import { CHECK } from '../../../../src/domain/check/checkRun.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { endOfRun } from '../../../../src/domain/operations/runEnd.js';
import { getClientOperations } from '../../../../src/triggers/http/routes/clientOperations.js';
import { postChecks } from '../../../../src/triggers/http/routes/checks.js';
import { getClient, getClients } from '../../../../src/triggers/http/routes/clients.js';
import { getOperations } from '../../../../src/triggers/http/routes/operationList.js';
import { getOperation } from '../../../../src/triggers/http/routes/operations.js';
import { operatorRoute, type OperatorHandler } from '../../../../src/triggers/http/operatorRoute.js';
import { advance } from '../advance.js';
import type { SeenAnswer } from './apiDocument.js';
import { FakeDurableClient, httpRequest, seen } from '../durable/durableClient.js';
import { listingContext, listingFetch } from '../durable/engineListing.js';
import { addFleet, referenceOf } from '../clients/onboardedFleet.js';
import { config, onboardingRun, REGISTRY } from './requests.js';
import { createWorld } from '../worlds/world.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;

const settings = config();

async function ask(
  handler: OperatorHandler,
  parts: Parameters<typeof httpRequest>[0],
  engine = new FakeDurableClient(),
): Promise<SeenAnswer> {
  const route = operatorRoute({ kind: 'functionKey' }, handler);
  const answer = route.handler(httpRequest(parts), engine.client, listingContext());
  await advance(30_000);
  return seen(await answer);
}

const broken = () => Promise.reject(new TypeError('broken'));

/** Every answer of `GET clients` and `GET clients/{key}`. */
export async function giveInventory(note: Note): Promise<void> {
  const world = createWorld();
  await addFleet(world, 3);
  world.controlPlane.change('myconnectedregistry', { clientTokens: [] });
  const engine = new FakeDurableClient();
  const key = clientKey(referenceOf(0));
  const input = { ...onboardingRun(), request: { ...onboardingRun().request, ...referenceOf(0) } };
  engine.instances.set(key, { name: ONBOARD, input, runtimeStatus: 'Running' });
  const list = getClients(settings, world.queries);
  const one = getClient(settings, world.queries);
  note('GET clients', 'a page', await ask(list, { query: { top: '2' } }, engine));
  note('GET clients', 'bad parameters', await ask(list, { query: { top: '0', sort: 'up', state: 'fine' } }));
  note('GET clients/{key}', 'a client', await ask(one, { params: { key } }, engine));
  const absent = clientKey({ ...referenceOf(0), client: 'not-onboarded' });
  const enrolment = { hash: 'a-hash', issuedAt: '2026-03-01T11:00:00.000Z', expiresAt: '2026-03-02T11:00:00.000Z' };
  engine.entities.set(`@client@${absent}`, { enrolment });
  note('GET clients/{key}', 'a client without a credential', await ask(one, { params: { key: absent } }, engine));
  note('GET clients/{key}', 'no client', await ask(one, { params: { key: 'nothing' } }));
  for (const kind of ['throttled', 'forbidden'] as const) {
    world.wire.fail('page', { when: 'before', kind, ...(kind === 'throttled' ? { retryAfterSeconds: 3 } : {}) });
    world.wire.fail('newest', { when: 'before', kind });
    note('GET clients', kind, await ask(list, {}));
    note('GET clients/{key}', kind, await ask(one, { params: { key } }));
  }
  const inventory = { clients: broken, client: broken };
  const unmanaged = { page: broken, findings: broken };
  note('GET clients', 'broken', await ask(getClients(settings, { inventory, unmanaged }), {}));
  const query = { state: 'unmanaged' };
  note('GET clients', 'broken, unmanaged', await ask(getClients(settings, { inventory, unmanaged }), { query }));
  const byHand = createWorld();
  byHand.addToken({ password1: { createdAt: '2026-01-01T00:00:00.000Z' } });
  byHand.controlPlane.change('myconnectedregistry', { clientTokens: [...byHand.controlPlane.tokens.keys()] });
  note('GET clients', 'unmanaged', await ask(getClients(settings, byHand.queries), { query }));
  byHand.wire.fail('listTokens', { when: 'before', kind: 'throttled', retryAfterSeconds: 3 });
  vi.setSystemTime(Date.now() + 60_000);
  note('GET clients', 'unmanaged, throttled', await ask(getClients(settings, byHand.queries), { query }));
  note('GET clients/{key}', 'broken', await ask(getClient(settings, { inventory }), { params: { key } }));
}

/** Every answer of `GET operations`. */
export async function giveOperationLists(note: Note): Promise<void> {
  const engine = new FakeDurableClient();
  const failure = { code: 'cancelled', message: 'm', residue: [], kept: [] };
  for (const [id, runtimeStatus, output] of [
    ['a', 'Running', undefined],
    ['b', 'Completed', { status: 'rolledBack', endedAt: '2026-03-01T12:10:00.000Z', steps: [], failure }],
    ['c', 'Terminated', undefined],
  ] as const)
    engine.instances.set(id, { name: ONBOARD, input: onboardingRun({ client: id }), runtimeStatus, output });
  vi.stubGlobal('fetch', listingFetch(engine));
  const list = getOperations(settings);
  note('GET operations', 'a page', await ask(list, { query: { top: '2' } }, engine));
  note('GET operations', 'all', await ask(list, {}, engine));
  note('GET operations', 'bad parameters', await ask(list, { query: { kind: 'x', createdAfter: 'yesterday' } }));
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 500 })));
  note('GET operations', 'a broken engine', await ask(list, {}, engine));
  vi.unstubAllGlobals();
}

/** Every answer of `GET clients/{key}/operations`. */
export async function giveClientOperations(note: Note): Promise<void> {
  const engine = new FakeDurableClient();
  const input = onboardingRun();
  const key = clientKey(input.request);
  engine.instances.set(key, { name: ONBOARD, input, runtimeStatus: 'Running' });
  const failure = { code: 'cancelled', message: 'm', residue: ['token a: it stays'], kept: [] } as const;
  const outcome = { status: 'failed', endedAt: '2026-03-01T12:10:00.000Z', failure } as const;
  const { ended } = endOfRun(ONBOARD, { ...input, run: 'r0' }, key, outcome);
  engine.entities.set(`@client@${key}`, { ended: [ended] });
  vi.stubGlobal('fetch', listingFetch(engine));
  const route = 'GET clients/{key}/operations';
  note(route, 'some', await ask(getClientOperations, { params: { key } }, engine));
  note(route, 'none', await ask(getClientOperations, { params: { key: 'nothing' } }, engine));
  note('GET operations/{id}', 'a recorded one', await ask(getOperation, { params: { id: ended.id } }, engine));
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 500 })));
  note(route, 'a broken engine', await ask(getClientOperations, { params: { key } }, engine));
  vi.unstubAllGlobals();
}

/** Every answer of `POST checks`, and what a check's operation shows. */
export async function giveChecks(note: Note): Promise<void> {
  const near = [{ registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'sensor-8' }];
  const nobody = async () => ({ near });
  const post = postChecks(settings, { findUnknown: async () => undefined });
  const unknown = postChecks(settings, { findUnknown: nobody });
  const clients = [{ connectedRegistry: 'myconnectedregistry', client: 'sensor-7' }];
  const engine = new FakeDurableClient();
  note('POST checks', 'of some', await ask(post, { body: { clients } }, engine));
  note('POST checks', 'of one that nobody knows', await ask(unknown, { body: { clients } }, new FakeDurableClient()));
  note('POST checks', 'of all', await ask(post, { body: {} }, engine));
  note('POST checks', 'a dry run', await ask(post, { body: { clients, dryRun: true } }));
  note('POST checks', 'fields at fault', await ask(post, { body: { clients: [], all: true } }));
  note('POST checks', 'too many bytes', await ask(post, { body: { clients: 'x'.repeat(64 * 1024) } }));
  const silent = new FakeDurableClient();
  silent.onStart = () => undefined;
  note('POST checks', 'a silent engine', await ask(post, { body: {} }, silent));
  const failing = new FakeDurableClient();
  failing.onStart = () => {
    throw new TypeError('broken');
  };
  note('POST checks', 'a broken engine', await ask(post, { body: {} }, failing));

  const found = engine.instances.get('ck-all');
  if (found?.name !== CHECK) throw new Error(`no check of ${REGISTRY}`);
  const { run } = found.input as { run: string };
  const id = `ck-all.${run}`;
  note('GET operations/{id}', 'a check', await ask(getOperation, { params: { id } }, engine));
}
