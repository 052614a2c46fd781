import { shortFailure, type EndedOperation, type FailureInShort } from './endedOperation.js';
import { CHECK, CHECK_PREFIX } from '../check/checkRun.js';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { OperationFailure, OperationKind } from './operation.js';
import type { Run } from './run.js';

/** All instances of checks share one record; a check that names clients has an instance that is never used again. */
export const CHECKS_RECORD = `${CHECK_PREFIX}all`;

/** What of an outcome is recorded, whatever its kind. */
export type RunEnd = Pick<EndedOperation, 'status' | 'endedAt' | 'startedAs'> & {
  readonly failure?: FailureInShort;
};

/** Where a run's end is recorded, and as what. @param instance the run's own instance. */
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

/** The record that knows of an operation. @param instance that of the operation's id. */
export function recordOf(instance: string): string {
  return instance.startsWith(CHECK_PREFIX) ? CHECKS_RECORD : instance;
}

/** The failure of a run that the engine ended. Its text is not shown: it quotes stacks and serialised exceptions. */
export function engineFailure(isTerminated: boolean): OperationFailure {
  return {
    code: isTerminated ? 'terminated' : 'internal',
    message: isTerminated
      ? 'The run was terminated from outside and could undo nothing.'
      : 'The run ended by an error of its own; the log of its orchestration says which.',
    residue: ['unknown: look at the steps for what was done, and start the same request again'],
    kept: [],
  };
}
