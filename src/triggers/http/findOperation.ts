import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { Operation, OperationKind } from '@connected-registry/protocol/answers/answers';
import {
  beganBy,
  formatOperationId,
  parseOperationId,
  type OperationId,
} from '@connected-registry/protocol/names/operationId';
import { revocationInstance } from '../../domain/revocation/revocationInstance.js';
import { REVOKE } from '../../domain/operations/run.js';
import { waitingInstance, WAITING_KINDS } from '../../domain/operations/waitingRun.js';
import { findRecorded, recordedView } from '../durable/recordedOperations.js';
import { operationKind, readRun, type RunStatus } from '../durable/runStatus.js';
import { problem } from './answers/problem.js';

/** `run` may be the client's own run, a revocation, or a waiting run. */
type FoundOperation =
  | { readonly run: RunStatus; readonly kind: OperationKind }
  /** The run's instance was reused or purged, but a record has its end. */
  | { readonly recorded: Operation }
  | { readonly refusal: HttpResponseInit };

/**
 * Finds the run of an operation id, or its recorded end.
 * @returns otherwise the refusal: 404, or 410 with the run that replaced it
 */
export async function findOperation(text: string, client: DurableClient): Promise<FoundOperation> {
  const id = parseOperationId(text);
  const { own, present } = await readClientRun(client, id);
  if (own) return own;
  const revocation = id && (await readRun(client, revocationInstance(id)));
  if (revocation && clientKey(revocation.input.request) === id.instance) return { run: revocation, kind: REVOKE };
  const waiting = id && (await findWaiting(id, client));
  const startedAs = waiting?.run.outcome?.startedAs;
  if (waiting && startedAs === undefined) return waiting;
  if (startedAs !== undefined && startedAs !== text) return { refusal: superseded(startedAs) };
  if (startedAs === text) {
    // It may have stopped waiting, and started, after the first read.
    const started = await readClientRun(client, id);
    if (started.own) return started.own;
  }
  const recorded = id && (await findRecorded(client, id));
  if (recorded?.startedAs !== undefined) return { refusal: superseded(recorded.startedAs) };
  if (recorded) return { recorded: recordedView(recorded) };
  // A run id contains its creation time: one of the future never existed.
  if (!present || !id || !beganBy(id.run, new Date())) return { refusal: notFound(text) };
  return { refusal: superseded(formatOperationId({ instance: id.instance, run: present.input.run })) };
}

interface ClientRun {
  /** The run that the client's instance holds. */
  readonly present?: RunStatus;
  /** The same, if it is the operation's. */
  readonly own?: { readonly run: RunStatus; readonly kind: OperationKind };
}

/** Reads what the client's instance holds. */
async function readClientRun(client: DurableClient, id: OperationId | undefined): Promise<ClientRun> {
  const run = id && (await readRun(client, id.instance));
  const kind = run && operationKind(run.kind);
  if (!run || !kind) return {};
  return { present: run, ...(run.input.run === id.run ? { own: { run, kind } } : {}) };
}

/** Finds the run among those that wait for the client: at most one for each kind. */
async function findWaiting({ instance, run }: OperationId, client: DurableClient) {
  for (const kind of WAITING_KINDS) {
    const found = await readRun(client, waitingInstance(kind, instance));
    if (found?.input.run === run) return { run: found, kind };
  }
  return undefined;
}

function superseded(current: string): HttpResponseInit {
  return problem({
    status: 410,
    code: 'superseded',
    title: 'A later run has replaced this operation.',
    detail: `The client's current operation is ${current}.`,
    current,
  });
}

function notFound(id: string): HttpResponseInit {
  return problem({
    status: 404,
    code: 'operation-not-found',
    title: 'There is no such operation.',
    detail: `Operation ${JSON.stringify(id.slice(0, 160))} was never started, or was purged after its end.`,
  });
}
