import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { OPERATION_KINDS, type OperationKind } from '@connected-registry/protocol/answers/answers';
import type { Run } from '../../domain/operations/run.js';
import type { OperationOutcome, OperationResult, Progress } from '../../domain/operations/operation.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** Status of an engine instance that holds a run of this app, with types for its JSON. */
export interface RunStatus {
  readonly instance: string;
  /** Name of its orchestration. */
  readonly kind: string;
  readonly input: Run;
  readonly runtimeStatus: string;
  readonly progress?: Progress;
  readonly outcome?: OperationOutcome<OperationResult>;
  readonly lastUpdated: string;
  /** When the instance was created (ISO 8601). The engine reports whole seconds. */
  readonly created: string;
}

/** The kind of operation of an orchestration's name; undefined if it is no operation. */
export function operationKind(name: string): OperationKind | undefined {
  return OPERATION_KINDS.find((kind) => kind === name);
}

/** The engine's runtime statuses of ended instances. */
export const ENDED = ['Completed', 'Failed', 'Terminated', 'Canceled'];

/** Whether an instance has ended, in any way. */
export function hasEnded(status: Pick<RunStatus, 'runtimeStatus'>): boolean {
  return ENDED.includes(status.runtimeStatus);
}

/** Reads the run of an instance; undefined if there is no such instance, or it holds no run of this app. */
export async function readRun(client: DurableClient, instance: string): Promise<RunStatus | undefined> {
  const found = await readInstance(client, instance);
  return found && toRunStatus(found);
}

/**
 * Reads any instance; undefined if there is none. The SDK throws for an unknown instance as for an engine that does not
 * answer; only the error's text distinguishes them.
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

/** Matches the SDK's text for 404, not the engine's. Source: durable-functions, durableClient getStatus. */
function isUnknownInstance(error: unknown): boolean {
  return error instanceof Error && /^DurableClient error: [\w ]+ replied with HTTP 404 response\./.test(error.message);
}

/** An instance's status, as the SDK or the engine's HTTP API returns it. */
export type InstanceStatus = Pick<
  DurableOrchestrationStatus,
  'name' | 'instanceId' | 'input' | 'customStatus' | 'output'
> & {
  readonly runtimeStatus: string;
  readonly lastUpdatedTime: string | Date;
  readonly createdTime?: string | Date | undefined;
};

/** Parses an instance's status; undefined if it holds no run of this app. */
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

/** Depending on its version, the engine returns inputs as JSON text or as values. */
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

/** This app's orchestrations write the value, so checking one field is enough. */
function hasSteps(value: unknown): value is Progress & OperationOutcome<OperationResult> {
  return isObject(value) && Array.isArray(value['steps']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
