import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { OPERATION_KINDS, type OperationKind } from '@connected-registry/protocol/answers/answers';
import type { Run } from '../../domain/operations/run.js';
import type { OperationOutcome, OperationResult, Progress } from '../../domain/operations/operation.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** An instance of the durable engine that holds one of our runs, its JSON given its types back. */
export interface RunStatus {
  readonly instance: string;
  /** Name of its orchestration. */
  readonly kind: string;
  readonly input: Run;
  readonly runtimeStatus: string;
  readonly progress?: Progress;
  readonly outcome?: OperationOutcome<OperationResult>;
  readonly lastUpdated: string;
  /** When the instance was made (ISO 8601); the engine tells whole seconds. */
  readonly created: string;
}

/** The kind of operation that an orchestration's name stands for; undefined for one that is none. */
export function operationKind(name: string): OperationKind | undefined {
  return OPERATION_KINDS.find((kind) => kind === name);
}

/** The engine's words for an instance that has ended. */
export const ENDED = ['Completed', 'Failed', 'Terminated', 'Canceled'];

export function hasEnded(status: Pick<RunStatus, 'runtimeStatus'>): boolean {
  return ENDED.includes(status.runtimeStatus);
}

/** Reads an instance that holds a run. Undefined when there is none, or none of ours. */
export async function readRun(client: DurableClient, instance: string): Promise<RunStatus | undefined> {
  const found = await readInstance(client, instance);
  return found && toRunStatus(found);
}

/**
 * Reads any instance; undefined when there is none.
 * The SDK throws both for an unknown instance and for an engine that does not answer; only a listing tells them apart.
 */
export async function readInstance(
  client: DurableClient,
  instance: string,
): Promise<DurableOrchestrationStatus | undefined> {
  try {
    return await client.getStatus(instance, { showInput: true });
  } catch (error) {
    if (isUnknownInstance(error)) return undefined;
    throw error;
  }
}

/** The SDK's words for 404; the engine's own text is not looked at. Source: durable-functions, durableClient getStatus. */
function isUnknownInstance(error: unknown): boolean {
  return error instanceof Error && /^DurableClient error: [\w ]+ replied with HTTP 404 response\./.test(error.message);
}

/** What the engine tells of an instance, as the SDK gives it or as it is on the wire. */
export type InstanceStatus = Pick<
  DurableOrchestrationStatus,
  'name' | 'instanceId' | 'input' | 'customStatus' | 'output'
> & {
  readonly runtimeStatus: string;
  readonly lastUpdatedTime: string | Date;
  readonly createdTime?: string | Date | undefined;
};

/** Undefined when it holds no run of ours. */
export function toRunStatus(status: InstanceStatus): RunStatus | undefined {
  const input = parsed(status.input);
  if (!isRun(input)) return undefined;
  const progress = parsed(status.customStatus);
  const outcome = parsed(status.output);
  return {
    instance: status.instanceId,
    kind: status.name,
    input,
    runtimeStatus: status.runtimeStatus,
    lastUpdated: new Date(status.lastUpdatedTime).toISOString(),
    created: new Date(status.createdTime ?? status.lastUpdatedTime).toISOString(),
    ...(hasSteps(progress) ? { progress } : {}),
    ...(hasSteps(outcome) ? { outcome } : {}),
  };
}

/** Some versions of the engine give inputs as JSON text, others as values. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const inner = parseJson(value);
  return inner === undefined ? value : inner;
}

function isRun(value: unknown): value is Run {
  return (
    isObject(value) &&
    typeof value['run'] === 'string' &&
    typeof value['fingerprint'] === 'string' &&
    isObject(value['request'])
  );
}

/** Written by this app's own orchestrations, so the steps stand for the rest of the shape. */
function hasSteps(value: unknown): value is Progress & OperationOutcome<OperationResult> {
  return isObject(value) && Array.isArray(value['steps']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
