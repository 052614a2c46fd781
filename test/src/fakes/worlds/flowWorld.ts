import { createRunActivities } from '../../../../src/activities/runs/runActivities.js';
import type { BinderOperation, BinderRequest } from '../../../../src/domain/binding/bindingRequests.js';
import {
  CLIENT_RECORD,
  type ClientRecordOperation,
  type ClientRecordRequest,
} from '../../../../src/domain/clients/clientRecord.js';
import {
  MAP_HOLDER,
  type MapHolderOperation,
  type MapHolderRequest,
} from '../../../../src/domain/scopeMaps/mapHolds.js';
import { POLLER_INDEX, type PollerIndexRequests } from '../../../../src/domain/polling/pollerIndex.js';
import {
  TOKEN_CLAIM,
  type TokenClaimOperation,
  type TokenClaimRequest,
} from '../../../../src/domain/tokens/tokenClaim.js';
import type { PresentRun, Runs } from '../../../../src/ports/runs.js';
import { createBinderEntity } from '../entities/binderEntity.js';
import { createClientRecordEntity, type ClientRecordEntity } from '../entities/clientRecordEntity.js';
import type { Call } from '../durable/durableContext.js';
import { createMapHolderEntity } from '../entities/mapHolderEntity.js';
import { NO_LIMIT, NO_RUNS } from '../services/runs.js';
import { createTokenClaimEntities } from '../entities/tokenClaimEntity.js';
import type { World } from './world.js';
import type { EntityCall } from '../../../../src/domain/operations/entityCall.js';

/**
 * What flows run against: the real activities and entities over one world of fake services. The entities outlive the
 * flows. Needs fake timers, for the date.
 *
 * @param records the client's record, if an earlier world's is to be kept
 */
export function createFlowWorld(world: World, records: ClientRecordEntity = createClientRecordEntity()) {
  const binder = createBinderEntity(world);
  const maps = createMapHolderEntity(world);
  const cancelled: unknown[] = [];
  const claims = createTokenClaimEntities();
  let present: PresentRun | undefined;

  const runs: Runs = {
    ...NO_RUNS,
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
    ...createRunActivities(world.queries, world.config, NO_LIMIT),
  };

  const answer = async (operation: string, { kind, name, input }: Call): Promise<unknown> => {
    if (kind === 'activity') return activities[name]?.(input as never, runs);
    if (name.startsWith(`${MAP_HOLDER}.`))
      return maps.request(operation as MapHolderOperation, input as MapHolderRequest, new Date());
    if (name.startsWith(`${TOKEN_CLAIM}.`))
      return claims.request(operation as TokenClaimOperation, input as TokenClaimRequest);
    if (name.startsWith(`${POLLER_INDEX}.`)) {
      const [, objectId = ''] = name.split('.');
      const sent: object = { operation, request: input };
      return records.pollers.request(objectId, sent as EntityCall<PollerIndexRequests>);
    }
    if (name.startsWith(`${CLIENT_RECORD}.`)) return ask(operation as ClientRecordOperation, input);
    return binder.request(operation as BinderOperation, input as BinderRequest);
  };

  return {
    binder,
    maps,
    claims,
    records,
    pollers: records.pollers,
    answer,
    followsDate: true,
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
