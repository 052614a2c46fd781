import { z } from 'zod';
import { MAX_ROLLOUT_ROWS } from '@connected-registry/protocol/requests/rolloutRequest';
import type { FleetEnd } from './fleetEnd.js';
import { REQUEST, type FleetOnboarding } from './onboardFleet.js';

/** Minimum milliseconds of real time between two reads of the rollout. */
const READ_EVERY = 1_000;
/** Maximum reads in a row that may fail: a process that is busy with thousands of clients refuses some. */
const MAX_FAILED_READS = 20;
/** Milliseconds of real time after which the bench gives up if no row ends. */
const STUCK = 1_800_000;
/** Milliseconds between two lines about the progress. */
const SAY_EVERY = 15_000;

const accepted = z.object({ id: z.string() });
const rollout = z.object({
  status: z.string(),
  reason: z.string().optional(),
  counts: z.object({ completed: z.number(), failed: z.number(), cancelled: z.number() }),
  failures: z.record(z.string(), z.number()),
  endedAt: z.string().optional(),
});
type RolloutView = z.infer<typeof rollout>;

/** Statuses in which the rollout continues by itself. */
const CONTINUES = ['opening', 'running'];

interface RolloutOnboarding extends Omit<FleetOnboarding, 'promoted'> {
  /**
   * Called when the app has accepted the rollout. It waits for its own entities before, and so needs a clock that runs.
   */
  readonly accepted: () => Promise<void>;
}

/**
 * Requests all onboardings as one rollout of one wave, and waits until it has ended. Its end counts, which is later
 * than the last client's.
 *
 * @param every minimum milliseconds of real time between two reads
 * @throws if the rollout is refused, paused or stopped, cannot be read 20 times in a row, or no row ends for half an
 * hour
 */
export async function rolloutFleet(fleet: RolloutOnboarding, every = READ_EVERY): Promise<FleetEnd> {
  const { app, clients, say } = fleet;
  const id = await post(fleet);
  await fleet.accepted();
  let [lastRead, lastEnd, lastSaid, ended, failedReads] = [0, performance.now(), performance.now(), 0, 0];
  for (;;) {
    await fleet.pass();
    const now = performance.now();
    if (now - lastRead < every) continue;
    const view = await read(app, id);
    lastRead = performance.now();
    if (typeof view === 'string') {
      failedReads += 1;
      if (failedReads >= MAX_FAILED_READS) throw new Error(`${failedReads} reads in a row have failed. ${view}`);
      continue;
    }
    failedReads = 0;
    if (!CONTINUES.includes(view.status)) return endOf(view);
    const { completed, failed, cancelled } = view.counts;
    if (completed + failed + cancelled > ended) lastEnd = now;
    ended = completed + failed + cancelled;
    if (now - lastEnd > STUCK) throw new Error(`${clients - ended} rows are open, and none ended for half an hour.`);
    if (now - lastSaid < SAY_EVERY) continue;
    lastSaid = now;
    say(`${ended} of ${clients} have ended`);
  }
}

async function post({ app, clients, sites }: RolloutOnboarding): Promise<string> {
  const answer = await fetch(`${app.url}/api/rollouts`, {
    method: 'POST',
    headers: { 'x-functions-key': app.key, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'bench:fleet',
      kind: 'onboard',
      defaults: REQUEST,
      clients: Array.from({ length: clients }, (_, n) => ({ ...sites[n % sites.length], client: `device-${n + 1}` })),
      waves: { size: clients },
      // The bench counts failures; it does not stop at them.
      failureLimit: { percent: 100, minimum: MAX_ROLLOUT_ROWS },
    }),
  });
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`The app answered ${answer.status} to the rollout: ${text}`);
  return accepted.parse(JSON.parse(text)).id;
}

/** @returns the rollout, or what failed if a later read may succeed */
async function read(app: FleetOnboarding['app'], id: string): Promise<RolloutView | string> {
  const found = await answerOf(`${app.url}/api/rollouts/${id}`, app.key);
  if (typeof found === 'string') return found;
  const { status, text } = found;
  const failure = `The rollout ${id} was answered ${status}: ${text}`;
  if (status >= 500) return failure;
  if (status !== 200) throw new Error(failure);
  return rollout.parse(JSON.parse(text));
}

/** @returns the answer, or why there is none */
async function answerOf(
  url: string,
  key: string,
): Promise<{ readonly status: number; readonly text: string } | string> {
  try {
    const answer = await fetch(url, { headers: { 'x-functions-key': key } });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return `${url} was not answered: ${String(error)}`;
  }
}

function endOf({ status, reason, counts, failures, endedAt }: RolloutView): FleetEnd {
  if (status !== 'completed' || endedAt === undefined)
    throw new Error(`The rollout is ${status}${reason === undefined ? '' : `: ${reason}`}.`);
  return { completed: counts.completed, failures, repeated: 0, at: Date.parse(endedAt) };
}
