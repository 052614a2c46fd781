import { shortFailure, type EndedOperation, type FailureSummary } from './endedOperation.js';
import { CHECK, CHECK_PREFIX } from '../check/checkRun.js';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { OperationFailure, OperationKind } from './operation.js';
import type { Run } from './run.js';

/** The record that all checks share. A check of named clients has an instance id of its own, which is never reused. */
export const CHECKS_RECORD = `${CHECK_PREFIX}all`;

/** The recorded part of an outcome, for any kind of operation. */
export type RunEnd = Pick<EndedOperation, 'status' | 'endedAt' | 'startedAs'> & {
  readonly failure?: FailureSummary;
};

/**
 * Builds the summary of an ended run.
 * @param instance the run's own instance id
 * @returns the summary, and the key of the record that keeps it
 */
export function endOfRun(
  kind: OperationKind,
  { run, actor, requestedAt, request }: Pick<Run, 'run' | 'actor' | 'requestedAt'> & { readonly request: object },
  instance: string,
  { status, endedAt, failure, startedAs }: RunEnd,
): { readonly record: string; readonly ended: EndedOperation } {
  const client = kind === CHECK || !isReference(request) ? undefined : referenceOf(request);
  const id = formatOperationId({ instance: client ? clientKey(client) : instance, run });
  const ended: EndedOperation = {
    id,
    kind,
    actor,
    ...(client ? { client } : {}),
    startedAt: requestedAt,
    endedAt,
    status,
    ...(failure ? { failure: shortFailure(failure) } : {}),
    ...(startedAs === undefined ? {} : { startedAs }),
  };
  return { record: client ? clientKey(client) : CHECKS_RECORD, ended };
}

function isReference(request: object): request is ClientReference {
  return 'registry' in request && 'connectedRegistry' in request && 'client' in request;
}

/** Key of the record that keeps an operation's end. @param instance from the operation's id */
export function recordOf(instance: string): string {
  return instance.startsWith(CHECK_PREFIX) ? CHECKS_RECORD : instance;
}

/**
 * The failure of a run that the engine ended. The engine's text is not shown: it contains stacks and serialised errors.
 */
export function engineFailure(isTerminated: boolean): OperationFailure {
  return {
    code: isTerminated ? 'terminated' : 'internal',
    message: isTerminated
      ? 'The run was terminated from outside and could not roll back.'
      : 'The run failed with an internal error; see the log of its orchestration.',
    residue: ['unknown: read the steps for what was done, and send the same request again'],
    kept: [],
  };
}
