import type { FlowLimits } from '../../../../src/domain/operations/flowLimits.js';
import { rotationFingerprint } from '@connected-registry/protocol/requests/rotationRequest';
import type { RotationRun } from '../../../../src/domain/operations/run.js';
import { rotate } from '../../../../src/orchestrations/rotate.js';
import type { ClientRecordEntity } from '../entities/clientRecordEntity.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { CONNECTED_REGISTRY, config, onboarding } from '../answers/requests.js';
import { main } from './defaultClient.js';
import { createFlowWorld } from './flowWorld.js';
import { report } from './onboardScript.js';
import { onboardIn } from './onboardWorld.js';
import { runFlow, type Script } from './runFlow.js';
import type { World } from './world.js';

export const ROTATION_RUN = 'rot0000000000001';

export function rotationRun(changes: { urgent?: boolean; run?: string } = {}, limits?: Partial<FlowLimits>) {
  const { registry, connectedRegistry, client } = onboarding();
  const request = { registry, connectedRegistry, client, urgent: changes.urgent ?? false };
  return {
    run: changes.run ?? ROTATION_RUN,
    fingerprint: rotationFingerprint(request),
    requestedAt: new Date().toISOString(),
    actor: 'function-key',
    request,
    limits: { ...config().limits, ...limits },
  } satisfies RotationRun;
}

interface Options extends Script {
  readonly urgent?: boolean;
  readonly run?: string;
  readonly limits?: Partial<FlowLimits>;
  /** Further fields of the run's input. */
  readonly input?: Partial<RotationRun>;
  /** The client's record of earlier flows; by default a new one. */
  readonly records?: ClientRecordEntity;
  /** Whether the edge syncs at every look. By default it does. */
  readonly edge?: (at: Date) => boolean;
}

/**
 * Rotates the default client over the fake services; its device pulls, unless the script says otherwise. Needs fake
 * timers.
 */
export async function rotateIn(
  world: World,
  { urgent, run, limits, input: more, records, edge, ...script }: Options = {},
) {
  const flows = createFlowWorld(world, records);
  const changes = { ...(urgent === undefined ? {} : { urgent }), ...(run === undefined ? {} : { run }) };
  const input = { ...rotationRun(changes, limits), ...more };
  const ended = await runFlow({ world: flows, flow: rotate, input, script: syncing(world, script, edge) });
  return { ...ended, records: flows.records };
}

/** A script in which the edge syncs whenever a run looks whether it has, if `edge` says so. */
export function syncing(
  { controlPlane }: World,
  { before, device = () => report(), ...script }: Script = {},
  edge = (_at: Date): boolean => true,
): Script {
  return {
    ...script,
    device,
    before: async (name, call, engine) => {
      await before?.(name, call, engine);
      if (name === 'readSync' && edge(call.at))
        controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: call.at.toISOString() });
    },
  };
}

/** A client that was onboarded, and all that a rotation of it may touch. */
export async function onboarded(world: World) {
  await onboardIn(world);
  world.wire.calls.length = 0;
}

const ARM_WRITES = ['generatePassword', 'keepOnlySlots', 'setClientTokens', 'createToken', 'setTokenScopeMap'];

/** Names of the writes that ARM has received, in order. */
export const armWrites = ({ wire }: World): string[] => wire.calls.filter((name) => ARM_WRITES.includes(name));

/** The parsed tags of the newest version of the main secret. */
export const tagsOfMain = ({ vault }: World) => parseTags(vault.versionsOf(main).at(-1)?.tags ?? {});
