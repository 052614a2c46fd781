/** Cases that differ only in what they start. */
import { sleep, type Case } from '../run/caseRun.js';

export type Cases = Record<string, Case>;

/** Starts one orchestration and waits for its end. */
export const plain =
  (orchestrator: string, input?: unknown): Case =>
  async (run) => {
    await run.start(orchestrator, input);
    await run.end();
  };

/** Cases that start the orchestration of their own name. */
export const plainly = (...names: string[]): Cases => Object.fromEntries(names.map((name) => [name, plain(name)]));

/**
 * Raises events one after another at an orchestration that waits, then waits for its end. An event without data has no
 * body.
 */
export const withEvents =
  (orchestrator: string, ...events: [name: string, data?: unknown][]): Case =>
  async (run) => {
    await run.start(orchestrator);
    await run.running();
    for (const [name, data] of events) {
      run.note(`raise ${name}`, await run.raise(name, data));
      await sleep(400);
    }
    await run.end();
  };

/** Waits, notes that the orchestration is still there, and ends it. */
export const staysOpen =
  (orchestrator: string, note = 'after three seconds', wait = 3000): Case =>
  async (run) => {
    await run.start(orchestrator);
    await sleep(wait);
    run.note(note, (await run.status()).runtimeStatus);
    await run.client('terminate', run.id, 'tidy');
    await run.end();
  };
