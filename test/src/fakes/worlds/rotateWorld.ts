import { vi } from 'vitest';
import type { ClientRecordOperation, ClientRecordRequest } from '../../../../src/domain/clients/clientRecord.js';
import { CLIENT_RECORD } from '../../../../src/domain/clients/clientRecord.js';
import type { FlowLimits } from '../../../../src/domain/operations/flowLimits.js';
import type { OperationOutcome, RotationResult } from '../../../../src/domain/operations/operation.js';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { reportEventName, reportHash } from '../../../../src/domain/pullCheck/reportEvent.js';
import { rotationFingerprint } from '@connected-registry/protocol/requests/rotationRequest';
import type { RotationRun } from '../../../../src/domain/operations/run.js';
import { rotate } from '../../../../src/orchestrations/rotate.js';
import { createClientRecordEntity, type ClientRecordEntity } from '../entities/clientRecordEntity.js';
import { FakeDurableContext, type Call } from '../durable/durableContext.js';
import { report } from './onboardScript.js';
import { onboardIn } from './onboardWorld.js';
import { CONNECTED_REGISTRY, config, onboarding } from '../answers/requests.js';
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

interface Options {
  readonly urgent?: boolean;
  readonly run?: string;
  readonly limits?: Partial<FlowLimits>;
  readonly records?: ClientRecordEntity;
  /** How the device answers an attempt; a report is raised two seconds later. */
  readonly device?: (attempt: number) => PullCheckReport | undefined;
  /** Whether the edge syncs at every look. By default it does. */
  readonly edge?: (at: Date) => boolean;
  /** Sees every call before it is made. */
  readonly onCall?: (call: Call, context: FakeDurableContext) => void | Promise<void>;
}

/** Runs the real rotation with the real activities and client entity over the fake services. Needs fake timers. */
export async function rotateIn(world: World, options: Options = {}) {
  const { device = () => report(), edge = () => true, records = createClientRecordEntity() } = options;
  const input = rotationRun(options, options.limits);
  const activities: Readonly<Record<string, (input: never) => Promise<unknown>>> = world.activities;
  const context: FakeDurableContext = new FakeDurableContext(input, async (call) => {
    const { kind, name, input: given, at } = call;
    vi.setSystemTime(at);
    await options.onCall?.(call, context);
    if (kind !== 'activity') {
      if (!name.startsWith(`${CLIENT_RECORD}.`)) throw new Error(`no such entity: ${name}`);
      const operation = name.split('.').at(-1) as ClientRecordOperation;
      return records.request(operation, given as ClientRecordRequest);
    }
    if (name === 'readSync' && edge(at))
      world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: at.toISOString() });
    const outcome = await activities[name]?.(given as never);
    if (name === 'requestPullCheck') {
      const { attempt } = given as { attempt: number };
      const answer = device(attempt);
      if (answer) context.raiseIn(2, reportEventName(input.run, attempt), { hash: reportHash(answer), report: answer });
    }
    return outcome;
  });
  context.now = new Date();
  const outcome: OperationOutcome<RotationResult> = await context.run(rotate);
  vi.setSystemTime(context.now);
  return { outcome, context, records };
}

/** A client that was onboarded, and all that a rotation of it may touch. */
export async function onboarded(world: World) {
  await onboardIn(world);
  world.wire.calls.length = 0;
}
