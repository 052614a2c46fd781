import type { DurableClient } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import type { StartResult } from '../../ports/runs.js';
import { hasEnded, readRun, type RunStatus } from './runStatus.js';

/**
 * Milliseconds to look for what the engine has taken: an instance after a start, a report's effect. It takes a message within
 * a second or two, where it is not busy; beyond, the answer is that it could not be confirmed.
 */
export const START_SHOWN_WITHIN = 15_000;

/** The same for an instance, and how often to look. */
const READ_BACK = { within: START_SHOWN_WITHIN, every: 100 };

/**
 * How long to start again while the engine refuses and shows no run that is in the way, in milliseconds. A run that ends
 * between a refusal and the look is such a case, and over by the next start; an engine that cannot store anything is another.
 */
const REFUSED_WITHIN = 2_000;

/**
 * Starts a run and reads the instance back before anyone is told: of several concurrent starts of one id the engine may
 * accept all and run another caller's, so its 202 proves nothing. A start is refused while the id's run has not ended.
 * An answer comes within `READ_BACK`, whatever the engine does.
 */
export async function startRun(
  client: DurableClient,
  kind: string,
  instance: string,
  run: Run<object>,
): Promise<StartResult> {
  let overdue: NodeJS.Timeout | undefined;
  const late = new Promise<StartResult>((resolve) => {
    overdue = setTimeout(() => resolve({ kind: 'unknown' }), READ_BACK.within);
  });
  try {
    return await Promise.race([startAndRead(client, kind, instance, run), late]);
  } finally {
    clearTimeout(overdue);
  }
}

async function startAndRead(
  client: DurableClient,
  kind: string,
  instance: string,
  run: Run<object>,
): Promise<StartResult> {
  const began = Date.now();
  let refusedSince: number | undefined;
  let started = false;
  while (Date.now() < began + READ_BACK.within) {
    if (!started) {
      started = await tryStart(client, kind, instance, run);
      refusedSince = started ? undefined : (refusedSince ?? Date.now());
    }
    const found = await readRun(client, instance);
    if (found) {
      const id = formatOperationId({ instance, run: found.input.run });
      if (found.input.run === run.run) return { kind: 'running', id, attached: false };
      if (!hasEnded(found)) return judge(found, id, kind, run.fingerprint);
      // An ended run of another: ours was not accepted, or is not visible yet. Starting again is refused or harmless.
      started = false;
    }
    if (refusedSince !== undefined && Date.now() >= refusedSince + REFUSED_WITHIN) break;
    await new Promise((resolve) => setTimeout(resolve, READ_BACK.every));
  }
  return { kind: 'unknown' };
}

function judge(found: RunStatus, id: string, kind: string, fingerprint: string): StartResult {
  return found.kind === kind && found.input.fingerprint === fingerprint
    ? { kind: 'running', id, attached: true }
    : { kind: 'conflict', id, runningKind: found.kind };
}

/**
 * The SDK's own words for a refusal; what follows them is the engine's and is not looked at. 409 by present extensions,
 * 500 by older ones. Source: durable-functions, createGenericError; azure-functions-durable-extension PR 3468.
 */
const REFUSED = /^The operation failed with an unexpected status code: (?:409|500)\./;

/** False when the engine refuses because a run of this id has not ended. */
export async function tryStart(
  client: DurableClient,
  orchestration: string,
  instance: string,
  input: object,
): Promise<boolean> {
  try {
    await client.startNew(orchestration, { instanceId: instance, input });
    return true;
  } catch (error) {
    if (error instanceof Error && REFUSED.test(error.message)) return false;
    throw error;
  }
}
