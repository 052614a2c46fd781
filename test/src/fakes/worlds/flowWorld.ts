import type { OrchestrationContext } from 'durable-functions';
import { vi } from 'vitest';
import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import type { BinderOperation, BinderRequest } from '../../../../src/domain/binding/bindingRequests.js';
import {
  CLIENT_RECORD,
  type ClientRecordOperation,
  type ClientRecordRequest,
} from '../../../../src/domain/clients/clientRecord.js';
import type { MapHolderOperation, MapHolderRequest } from '../../../../src/domain/scopeMaps/mapHolds.js';
import {
  TOKEN_CLAIM,
  type TokenClaimOperation,
  type TokenClaimRequest,
} from '../../../../src/domain/tokens/tokenClaim.js';
import { MAP_HOLDER } from '../../../../src/entities/mapHolder.js';
import type { PresentRun, Runs } from '../../../../src/ports/runs.js';
import { createBinderEntity } from '../entities/binderEntity.js';
import { createClientRecordEntity } from '../entities/clientRecordEntity.js';
import { FakeDurableContext, type Call } from '../durable/durableContext.js';
import { createMapHolderEntity } from '../entities/mapHolderEntity.js';
import { createTokenClaimEntities } from '../entities/tokenClaimEntity.js';
import type { World } from './world.js';

export interface Hooks {
  /** Before an activity or entity does its work; `name` is the activity's, or the entity's operation. */
  readonly before?: (name: string, call: Call, context: FakeDurableContext) => void | Promise<void>;
  readonly after?: (name: string, call: Call, context: FakeDurableContext) => void | Promise<void>;
}

/**
 * The app's entities over one world, which outlive its flows, and an engine that runs a flow with the real activities.
 * Needs fake timers, for the date.
 */
export function createFlowWorld(world: World) {
  const binder = createBinderEntity(world);
  const maps = createMapHolderEntity(world);
  const cancelled: unknown[] = [];
  const records = createClientRecordEntity();
  const claims = createTokenClaimEntities();
  let present: PresentRun | undefined;

  const runs: Runs = {
    start: async () => ({ kind: 'unknown' }),
    startWhenFree: async () => ({ kind: 'unknown' }),
    revoke: async () => ({ kind: 'unknown' }),
    present: async () => present,
    running: async () => undefined,
    state: async () => 'unknown',
    record: async () => records.state,
    cancel: async (...args) => void cancelled.push(args),
  };
  const ask = (operation: ClientRecordOperation, request: unknown) =>
    records.request(operation, request as ClientRecordRequest);
  const activities: Readonly<Record<string, (input: never, runs: Runs) => Promise<unknown>>> = {
    ...world.activities,
    ...createRunActivities(world.queries, world.config),
  };

  const work = async ({ kind, name, input }: Call): Promise<unknown> => {
    if (kind === 'activity') return activities[name]?.(input as never, runs);
    const operation = name.split('.').at(-1) ?? '';
    if (name.startsWith(`${MAP_HOLDER}.`))
      return maps.request(operation as MapHolderOperation, input as MapHolderRequest, new Date());
    if (name.startsWith(`${TOKEN_CLAIM}.`))
      return claims.request(operation as TokenClaimOperation, input as TokenClaimRequest);
    if (name.startsWith(`${CLIENT_RECORD}.`)) return ask(operation as ClientRecordOperation, input);
    return binder.request(operation as BinderOperation, input as BinderRequest);
  };

  /** Runs a flow to its end, from the present date on. */
  async function run<T>(
    flow: (context: OrchestrationContext) => Generator<unknown, T, unknown>,
    input: unknown,
    { before, after }: Hooks = {},
  ): Promise<{ readonly outcome: T; readonly context: FakeDurableContext }> {
    const context: FakeDurableContext = new FakeDurableContext(input, async (call) => {
      vi.setSystemTime(call.at);
      const name = call.name.split('.').at(-1) ?? '';
      await before?.(name, call, context);
      const answer = await work(call);
      await after?.(name, call, context);
      return answer;
    });
    context.now = new Date();
    return { outcome: await context.run(flow), context };
  }

  return {
    binder,
    maps,
    claims,
    run,
    ask,
    cancelled,
    get record() {
      return records.state;
    },
    /** What the engine is to say of the run that holds the client. */
    setPresent: (found: PresentRun | undefined) => {
      present = found;
    },
  };
}
export type FlowWorld = ReturnType<typeof createFlowWorld>;
