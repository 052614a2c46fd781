import { vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { createFleetSource, type FleetSource } from '../../../../src/triggers/http/fleet/fleetSource.js';
import { getInventory } from '../../../../src/triggers/http/fleet/inventory.js';
import { createInventoryView } from '../../../../src/triggers/http/fleet/inventoryView.js';
import { getOverview } from '../../../../src/triggers/http/fleet/overview.js';
import { operatorRoute, type OperatorHandler } from '../../../../src/triggers/http/operatorRoute.js';
import { advance } from '../advance.js';
import { addFleet, referenceOf } from '../clients/onboardedFleet.js';
import { FakeDurableClient, httpRequest, seen } from '../durable/durableClient.js';
import { listingContext, listingFetch } from '../durable/engineListing.js';
import { createWorld, type World } from '../worlds/world.js';
import type { SeenAnswer } from './apiDocument.js';
import { onboardingRun } from './requests.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;

/** The two routes over one snapshot, as the app has them. */
export function fleetRoutes(world: World, source: FleetSource = fleetSourceOf(world)) {
  const view = createInventoryView();
  const inventory = getInventory(world.config, source, view);
  return { overview: getOverview(world.config, source, view), inventory };
}

export function fleetSourceOf(world: World, warn: (line: string) => void = () => undefined): FleetSource {
  return createFleetSource(world.config, world.queries.readFleet, warn);
}

/** A run of a client of the fleet. */
export function runOf(nth: number, run?: string) {
  const input = onboardingRun();
  return { ...input, ...(run === undefined ? {} : { run }), request: { ...input.request, ...referenceOf(nth) } };
}

/** One request of a page, in no time of its own. */
export async function askFleetNow(
  handler: OperatorHandler,
  engine: FakeDurableClient,
  parts: Parameters<typeof httpRequest>[0] = {},
): Promise<SeenAnswer> {
  const route = operatorRoute({ kind: 'functionKey' }, handler);
  return seen(await route.handler(httpRequest(parts), engine.client, listingContext()));
}

/** One request of a page, while longer passes than it waits. */
export async function askFleet(...request: Parameters<typeof askFleetNow>): Promise<SeenAnswer> {
  const answer = askFleetNow(...request);
  await advance(25_000);
  return answer;
}

/** Every answer of `GET overview` and `GET inventory`. */
export async function giveFleet(note: Note): Promise<void> {
  const engine = new FakeDurableClient();
  engine.instances.set(clientKey(referenceOf(0)), { name: ONBOARD, input: runOf(0), runtimeStatus: 'Running' });
  vi.stubGlobal('fetch', listingFetch(engine));
  const answers = async (name: string, routes: ReturnType<typeof fleetRoutes>) => {
    note('GET overview', name, await askFleet(routes.overview, engine));
    note('GET inventory', name, await askFleet(routes.inventory, engine, { query: { top: '2' } }));
  };
  const world = createWorld({ ROTATION_FREEZE_WINDOWS: '0 18 * * 5|PT62H' });
  await addFleet(world, 3);
  const routes = fleetRoutes(world);
  await answers('a fleet', routes);
  note('GET inventory', 'bad parameters', await askFleet(routes.inventory, engine, { query: { top: '1001' } }));
  for (const kind of ['throttled', 'forbidden'] as const) {
    const failing = createWorld();
    failing.wire.fail('page', { when: 'before', kind, ...(kind === 'throttled' ? { retryAfterSeconds: 3 } : {}) });
    await answers(kind, fleetRoutes(failing));
  }
  const endless: FleetSource = createFleetSource(
    world.config,
    () => new Promise(() => undefined),
    () => undefined,
  );
  await answers('the first reading', fleetRoutes(world, endless));
  await answers(
    'broken',
    fleetRoutes(world, () => Promise.reject(new TypeError('broken'))),
  );
  vi.unstubAllGlobals();
}
