import type { DurableClient } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import type { StartResult } from '../../ports/runs.js';
import { inTime } from '../../queries/inTime.js';
import { deadlineIn, leftUntil, pollUntil, type Deadline } from './pollUntil.js';
import { hasEnded, readRun, type RunStatus } from './runStatus.js';

/**
 * Milliseconds to wait until a read confirms a start or a report. An engine that is not busy processes a message within
 * two seconds. After this time the answer is that the request could not be confirmed.
 */
export const CONFIRMED_WITHIN = 15_000;

/** Milliseconds to wait for a started instance, and between two reads. */
const READ_BACK = { within: CONFIRMED_WITHIN, every: 100 };

/**
 * Milliseconds to retry a start that the engine refuses although no run blocks it. That happens if the blocking run
 * ends between the refusal and the read, where the next try succeeds, or if the engine cannot store anything.
 */
const REFUSED_WITHIN = 2_000;

const UNKNOWN: StartResult = { kind: 'unknown' };

/**
 * Starts a run and reads its instance back. The engine's 202 proves nothing: it may accept several concurrent starts of
 * one id and run only one of them. It refuses a start while the id's run has not ended.
 * @returns within `READ_BACK`, whatever the engine does: the run, the run that blocks it, or `unknown`
 */
export async function startRun(
  client: DurableClient,
  kind: string,
  instance: string,
  run: Run<object>,
): Promise<StartResult> {
  const until = deadlineIn(READ_BACK.within);
  let refusedUntil: Deadline | undefined;
  let started = false;
  const isEnough = (result: StartResult | undefined): boolean => result !== undefined;
  const polled = pollUntil(
    async (): Promise<StartResult | undefined> => {
      if (!started) {
        started = await tryStart(client, kind, instance, run);
        refusedUntil = started ? undefined : (refusedUntil ?? deadlineIn(REFUSED_WITHIN));
      }
      const found = await readRun(client, instance);
      if (found) {
        const id = formatOperationId({ instance, run: found.input.run });
        if (found.input.run === run.run) return { kind: 'running', id, attached: false };
        if (!hasEnded(found)) return judge(found, id, kind, run.fingerprint);
        // An ended run of another request: this start was not accepted or is not visible yet. Repeating it is harmless.
        started = false;
      }
      return refusedUntil !== undefined && leftUntil(refusedUntil) === 0 ? UNKNOWN : undefined;
    },
    { isEnough, every: READ_BACK.every, until },
  );
  return (await inTime(polled, READ_BACK.within, undefined)) ?? UNKNOWN;
}

function judge(found: RunStatus, id: string, kind: string, fingerprint: string): StartResult {
  return found.kind === kind && found.input.fingerprint === fingerprint
    ? { kind: 'running', id, attached: true }
    : { kind: 'conflict', id, runningKind: found.kind };
}

/**
 * Matches the SDK's text for a refusal, not the engine's text after it. Current extensions answer 409, older ones 500.
 * Source: durable-functions, createGenericError; azure-functions-durable-extension PR 3468.
 */
const REFUSED = /^The operation failed with an unexpected status code: (?:409|500)\./;

/**
 * Starts an orchestration.
 * @returns false if the engine refuses: a run of this id has not ended, or the engine cannot store anything. Only a
 * read tells the two apart.
 */
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
