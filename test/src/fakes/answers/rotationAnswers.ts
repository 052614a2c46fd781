import { vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { deriveAcknowledgementKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { guarded } from '../../../../src/triggers/http/guarded.js';
import { operatorRoute } from '../../../../src/triggers/http/operatorRoute.js';
import { AnonymousLimit, anonymousHandlers } from '../../../../src/triggers/http/anonymousHandlers.js';
import { postPromotion } from '../../../../src/triggers/http/routes/promotions.js';
import { postRotations } from '../../../../src/triggers/http/routes/rotations.js';
import { getRotationSchedule } from '../../../../src/triggers/http/routes/rotationSchedule.js';
import { advance } from '../advance.js';
import type { SeenAnswer } from './apiDocument.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../durable/durableClient.js';
import { BODY, config, onboarding, RUN } from './requests.js';
import { onboarded } from '../worlds/rotateWorld.js';
import { createWorld } from '../worlds/world.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;

const { connectedRegistry, client } = BODY;
const CLIENTS = { clients: [{ connectedRegistry, client }] };
const OPERATION = `${clientKey(onboarding())}.${RUN}`;
const EXPIRES = '2026-03-04T12:00:00.000Z';
const keys = config().reportKeys;

export function acknowledgement(changes: Readonly<Record<string, unknown>> = {}) {
  return { expiresAt: EXPIRES, version: 'v2', agent: 'agent/1', ...changes };
}

export function acknowledge(engine: FakeDurableClient, body: unknown, operation = OPERATION, expiresAt = EXPIRES) {
  const reportKey = deriveAcknowledgementKey(keys.signing, { operation: OPERATION, expiresAt });
  const request = httpRequest({ body, params: { operation }, headers: { authorization: `PullCheck k1:${reportKey}` } });
  return guarded(postPromotion(keys), 'device')(request, engine.client, invocation().context);
}

export async function rotations(body: unknown, world = createWorld(), engine = new FakeDurableClient()) {
  const route = operatorRoute({ kind: 'functionKey' }, postRotations(world.config, world.queries));
  const answer = route.handler(httpRequest({ body }), engine.client, invocation().context);
  await advance(30_000);
  return seen(await answer);
}

/** Has both routes answer in every way they can. */
export async function giveRotations(note: Note): Promise<void> {
  const route = 'POST rotations';
  const broken = () => {
    const engine = new FakeDurableClient();
    engine.onRead = () => {
      throw new TypeError('broken');
    };
    return engine;
  };
  note(route, 'a start', await rotations(CLIENTS));
  note(route, 'a client that nobody knows', await rotations(CLIENTS));
  note(route, 'no JSON', await rotations('{'));
  note(route, 'too many bytes', await rotations({ ...CLIENTS, urgent: 'x'.repeat(64 * 1024) }));
  note(route, 'a broken engine', await rotations(CLIENTS, createWorld(), broken()));
  note(route, 'a dry run', await rotations({ ...CLIENTS, urgent: true, dryRun: true }));
  for (const kind of ['throttled', 'forbidden'] as const) {
    const world = createWorld();
    world.addToken();
    world.wire.fail('getConnectedRegistry', { when: 'before', kind, times: 2 });
    note(route, `a dry run while Azure is ${kind}`, await rotations({ ...CLIENTS, dryRun: true }, world));
  }
}

export async function schedule(query: string, world = createWorld(), engine = new FakeDurableClient()) {
  const route = operatorRoute({ kind: 'functionKey' }, getRotationSchedule(world.config, world.queries));
  return seen(await route.handler(httpRequest({ query }), engine.client, invocation().context));
}

export async function giveSchedules(note: Note): Promise<void> {
  const route = 'GET rotations/schedule';
  const world = createWorld();
  await onboarded(world);
  note(route, 'a client', await schedule('', world));
  const records = new FakeDurableClient();
  const rotationDueSince = new Date().toISOString();
  records.entities.set(`@client@${clientKey(onboarding())}`, { rotationDueSince, retryRotationAt: rotationDueSince });
  note(
    route,
    'a client of which much is known',
    await schedule('connectedRegistry=myConnectedRegistry', world, records),
  );
  vi.setSystemTime(new Date('2026-05-20T12:00:00Z'));
  note(route, 'a late client', await schedule('', world));
  world.controlPlane.change(connectedRegistry, { lastSyncTime: '2026-05-01T00:00:00.000Z' });
  note(route, 'a client that is offline', await schedule('', world));
  vi.setSystemTime(new Date('2026-03-01T12:00:00Z'));
  note(route, 'a bad parameter', await schedule('top=0'));
  const broken = new FakeDurableClient();
  broken.onRead = () => {
    throw new TypeError('broken');
  };
  note(route, 'a broken engine', await schedule('', world, broken));
  for (const kind of ['throttled', 'forbidden'] as const) {
    const failing = createWorld();
    failing.wire.fail('page', { when: 'before', kind });
    note(route, `while Azure is ${kind}`, await schedule('', failing));
  }
}

export async function givePromotions(note: Note): Promise<void> {
  const route = 'POST promotions/{operation}';
  const known = new FakeDurableClient();
  known.entities.set(`@client@${clientKey(onboarding())}`, { acknowledged: 'v2' });
  const broken = new FakeDurableClient();
  broken.onRead = () => {
    throw new TypeError('broken');
  };
  note(route, 'accepted', seen(await acknowledge(new FakeDurableClient(), acknowledgement())));
  note(route, 'again', seen(await acknowledge(known, acknowledgement())));
  note(route, 'fields at fault', seen(await acknowledge(known, acknowledgement({ version: 7, password: 'x' }))));
  const joined = new FakeDurableClient();
  joined.entities.set(`@client@${clientKey(onboarding())}`, { joined: { thumbprint: 't', joinedAt: EXPIRES } });
  note(route, 'a key in clear of a joined device', seen(await acknowledge(joined, acknowledgement())));
  note(route, 'another operation', seen(await acknowledge(known, acknowledgement(), `${OPERATION}x`)));
  const huge = acknowledgement({ agent: 'x'.repeat(5000) });
  note(route, 'too many bytes', seen(await acknowledge(known, huge)));
  const one = anonymousHandlers(new AnonymousLimit(1))(postPromotion(keys), 'device');
  for (const name of ['the first of a minute', 'the second'])
    note(route, name, seen(await one(httpRequest({}), known.client, invocation().context)));
  note(route, 'a broken engine', seen(await acknowledge(broken, acknowledgement())));
  const expiresAt = '2026-03-01T11:00:00.000Z';
  note(route, 'late', seen(await acknowledge(known, acknowledgement({ expiresAt }), OPERATION, expiresAt)));
}
