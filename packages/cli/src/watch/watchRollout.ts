import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { Api } from '../api/api.js';
import { routes } from '../api/routes.js';
import { paintFor } from '../output/paint.js';
import { plainJson } from '../output/plain.js';
import { widthOf } from '../output/render.js';
import { rolloutLines } from '../views/rollout.js';
import { repeat, type Waiting } from './deadline.js';
import { liveOn } from './live.js';
import type { Progress } from './watchOperations.js';

/** Milliseconds between two reads of a rollout, whose numbers change with every round of the app, of two seconds. */
const POLL = 2000;

/** Statuses in which nothing more happens until somebody acts. */
const RESTING: readonly Rollout['status'][] = ['refused', 'stopped', 'completed', 'cancelled'];

/**
 * Waits until a rollout rests: it has ended, or somebody has to act.
 * @param untilPaused also ends when it is paused
 */
export async function watchRollout(
  api: Api,
  id: string,
  waiting: Waiting,
  { sink, as }: Progress,
  untilPaused: boolean,
): Promise<Rollout> {
  const live = await liveOn(sink, as === 'drawing');
  const paint = paintFor(sink, waiting.world, false);
  let last: string | undefined;
  try {
    return await repeat(waiting, POLL, async () => {
      const rollout = await routes.rollout(api, id);
      const text = changing(rollout);
      live.show(rolloutLines(rollout, widthOf(sink), paint));
      if (as === 'lines' && text !== last) sink.write(`${plainJson(rollout, 0)}\n`);
      last = text;
      const rests = RESTING.includes(rollout.status) || (untilPaused && rollout.status === 'paused');
      // A cancelled rollout ends when no row is running.
      return rests && rollout.counts.running === 0 ? rollout : undefined;
    });
  } finally {
    live.done();
  }
}

/** What counts as a change: estimates alone do not. */
function changing({ status, reason, waitsUntil, counts, wave, failures }: Rollout): string {
  return JSON.stringify([status, reason, waitsUntil, counts, wave, failures]);
}
