import { vi } from 'vitest';
import type { RolloutCommand } from '../../../../src/domain/rollouts/controlState.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import type { Queries } from '../../../../src/queries/queries.js';
import { operatorRoute, type OperatorHandler } from '../../../../src/triggers/http/operatorRoute.js';
import { getRolloutClients } from '../../../../src/triggers/http/routes/rolloutClients.js';
import { postRolloutCommand } from '../../../../src/triggers/http/routes/rolloutCommands.js';
import { getRollouts } from '../../../../src/triggers/http/routes/rolloutList.js';
import { getRollout, postRollouts } from '../../../../src/triggers/http/routes/rollouts.js';
import { openRollout, PLAN } from '../../triggers/http/rollouts/openRollout.js';
import { advance } from '../advance.js';
import { httpRequest, seen } from '../durable/durableClient.js';
import { listingContext, listingFetch } from '../durable/engineListing.js';
import { RolloutEngine } from '../durable/rolloutEngine.js';
import type { SeenAnswer } from './apiDocument.js';
import { config, CONNECTED_REGISTRY } from './requests.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;
type Request = Parameters<typeof httpRequest>[0];

const { id } = PLAN;
const BY_ID = { params: { id } };
const ROWS = [{ connectedRegistry: CONNECTED_REGISTRY, client: 'a' }];
const LISTING = { operation: 'list secrets of', resource: resourceName('a-vault') } as const;
const NO_FACTS: Queries['slowFacts'] = async () => ({ registry: undefined, connectedRegistries: [] });

async function ask(handler: OperatorHandler, request: Request, engine = new RolloutEngine()): Promise<SeenAnswer> {
  const route = operatorRoute({ kind: 'functionKey' }, handler);
  const answer = route.handler(httpRequest(request), engine.client, listingContext());
  await advance(200_000);
  return seen(await answer);
}

function broken(): RolloutEngine {
  const engine = new RolloutEngine();
  engine.onRead = () => {
    throw new TypeError('broken');
  };
  return engine;
}

async function open(engine = new RolloutEngine(), changes: Parameters<typeof openRollout>[1] = {}) {
  await openRollout(engine, changes);
  return engine;
}

const selecting = (clients: Queries['inventory']['clients']) =>
  postRollouts(config(), {
    inventory: { clients, client: () => Promise.resolve(undefined) },
    slowFacts: NO_FACTS,
    limitWarnings: async () => [],
  });
const failing = (error: Error) => selecting(() => Promise.reject(error));

/** Every answer of the routes of rollouts. */
export async function giveRollouts(note: Note): Promise<void> {
  await givePosts(note);
  await giveViews(note);
  for (const command of ['pause', 'resume', 'cancel', 'retry-failed'] as const) await giveCommand(command, note);
}

async function givePosts(note: Note): Promise<void> {
  const route = 'POST rollouts';
  const post = selecting(() => Promise.resolve({ clients: [] }));
  const body = { kind: 'rotate', clients: ROWS };
  note(route, 'started', await ask(post, { body }));
  note(route, 'wrong rows', await ask(post, { body: { kind: 'rotate', clients: [{ client: 7 }] } }));
  note(route, 'wrong CSV', await ask(post, { body: 'a,b\n1', headers: { 'content-type': 'text/csv' } }));
  note(route, 'a large body', await ask(post, { body: 'x'.repeat(9 * 1024 * 1024) }));
  const conflicting = new RolloutEngine();
  conflicting.conflicts = [{ row: 0, rollout: 'm0000000other' }];
  note(route, 'a client of another rollout', await ask(post, { body }, conflicting));
  const full = new RolloutEngine();
  full.claimed = 45_000;
  note(route, 'too many clients in open rollouts', await ask(post, { body }, full));
  const slow = new RolloutEngine();
  slow.conflicts = undefined;
  note(route, 'not opened in time', await ask(post, { body }, slow));
  const lost = new RolloutEngine();
  lost.startNew = (_name, { instanceId }) => Promise.resolve(instanceId);
  note(route, 'not started in time', await ask(post, { body }, lost));
  note(route, 'a broken engine', await ask(post, { body }, broken()));
  const select = { kind: 'check', select: { connectedRegistry: CONNECTED_REGISTRY } };
  note(
    route,
    'a slow inventory',
    await ask(
      selecting(() => new Promise(() => undefined)),
      { body: select },
    ),
  );
  for (const kind of ['throttled', 'forbidden'] as const)
    note(route, `while Azure is ${kind}`, await ask(failing(new ServiceError({ kind, ...LISTING })), { body: select }));
}

async function giveViews(note: Note): Promise<void> {
  const engine = await open();
  vi.stubGlobal('fetch', listingFetch(engine));
  note('GET rollouts', 'a page', await ask(getRollouts, {}, engine));
  note('GET rollouts', 'a bad parameter', await ask(getRollouts, { query: { top: '0' } }, engine));
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 500 })));
  note('GET rollouts', 'a broken engine', await ask(getRollouts, {}, engine));
  vi.unstubAllGlobals();
  const parts = [
    ['GET rollouts/{id}', getRollout],
    ['GET rollouts/{id}/clients', getRolloutClients],
  ] as const;
  for (const [route, handler] of parts) {
    note(route, 'a rollout', await ask(handler, BY_ID, engine));
    note(route, 'none', await ask(handler, BY_ID));
    note(route, 'a broken engine', await ask(handler, BY_ID, broken()));
  }
  const wrong = { ...BY_ID, query: { state: 'x' } };
  note('GET rollouts/{id}/clients', 'a bad parameter', await ask(getRolloutClients, wrong, engine));
}

/** A rollout whose status the command fits; and one whose status it does not fit. */
const FITTING = {
  pause: ['running', 'completed'],
  resume: ['paused', 'completed'],
  cancel: ['running', 'completed'],
  'retry-failed': ['running', 'opening'],
} as const;

async function giveCommand(command: RolloutCommand, note: Note): Promise<void> {
  const route = `POST rollouts/{id}/${command}`;
  const post = postRolloutCommand(config(), command);
  const [fitting, other] = FITTING[command];
  const engine = await inStatus(fitting);
  if (command === 'retry-failed') setTimeout(() => void carryOut(engine), 2_000);
  note(route, 'a command', await ask(post, BY_ID, engine));
  note(route, 'the same command again', await ask(post, BY_ID, engine));
  const slow = await inStatus(fitting);
  slow.handlesSignals = false;
  note(route, 'a slow engine', await ask(post, BY_ID, slow));
  note(route, 'no rollout', await ask(post, BY_ID));
  note(route, 'a broken engine', await ask(post, BY_ID, broken()));
  note(route, 'another status', await ask(post, BY_ID, await inStatus(other)));
  if (command === 'pause') return;
  const stopped = await inStatus('stopped');
  stopped.conflicts = [{ row: 0, rollout: 'm0000000other' }];
  note(route, 'clients of another rollout', await ask(post, BY_ID, stopped));
  const full = await inStatus('stopped');
  full.claimed = 45_000;
  note(route, 'too many clients in open rollouts', await ask(post, BY_ID, full));
}

async function carryOut(engine: RolloutEngine): Promise<void> {
  const control = engine.control(id);
  if (!control) return;
  const { counts, failures, commands } = control;
  await engine.tell(id, 'report', { counts, failures, wave: 0, carriedOut: commands.map((one) => one.id) });
}

async function inStatus(status: 'opening' | 'running' | 'paused' | 'stopped' | 'completed'): Promise<RolloutEngine> {
  const engine = new RolloutEngine();
  if (status === 'opening') engine.conflicts = undefined;
  await open(engine);
  if (status === 'paused') {
    const at = new Date().toISOString();
    await engine.tell(id, 'command', { id: 'c1', command: 'pause', actor: 'bob', at });
  }
  if (status === 'stopped') await engine.tell(id, 'stop', { plan: PLAN });
  if (status === 'completed') await engine.tell(id, 'end', { counts: { ...counts, completed: 2 }, failures: {} });
  if (status === 'stopped' || status === 'completed') engine.finish(id);
  return engine;
}

const counts = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };
