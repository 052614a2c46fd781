import type { Step } from '../app/programs/program.js';
import { play } from '../play/play.js';
import type { Action } from '../play/script.js';
import { sleep, type Case } from '../run/caseRun.js';
import type { Cases } from './plain.js';

const throws: Step = { op: 'throw', error: 'plain' };
const fails: Step = { op: 'activity', name: 'fail', input: 'bad' };
const says: Step = { op: 'activity', name: 'say', input: 'after' };
const go: Step = { op: 'event', name: 'go' };
const retries = (times: number): Step => ({
  op: 'retry',
  failures: times,
  options: { first: 300, attempts: times },
});
const child = (named: boolean, ...steps: Step[]): Step => ({ op: 'child', named, steps });
/** Makes the history longer by a turn. */
const entity: Step = { op: 'entity', key: 'a', operation: 'add', input: 1 };

const start = (...steps: Step[]): Action => ({ do: 'start', orchestrator: 'program', input: { steps } as never });
const rewind: Action = { do: 'manage', how: 'rewind', reason: 'again' };
const look: Action = { do: 'query', query: 'showHistory=true' };
const raise: Action = { do: 'raise', event: 'go', value: 1 };
const restart: Action = { do: 'restart', fresh: false };

const first = (steps: Step[], ...actions: Action[]): Case =>
  play({ orchestrator: 'program', input: { steps }, actions });

/** Rewinds of instances whose id had another, longer run before: the real host rewinds what is left of that one. */
export const rewinding: Cases = {
  xRewindLongerRun: first([retries(1), says], start(child(true, retries(1))), rewind),
  xRewindLongerRunOfEvents: first([retries(2), go], start(go, throws), raise, rewind),
  xRewindOverwrittenTask: first([throws], start(retries(2), go), start(entity, child(false, throws)), rewind),
  xRewindOverwrittenChild: first([entity, child(false, throws)], start(child(true, retries(1))), rewind),
  // The child runs again; the instance shows Pending until a message comes.
  xRewindChildOfLongerRun: async (run) => {
    run.alsoFinal('-s0');
    await run.start('program', { steps: [entity, child(true, throws)] });
    await run.end();
    await run.start('program', { steps: [throws] });
    await run.end();
    run.note('rewind', await run.http('POST', run.instance('/rewind', 'reason=again')));
    await sleep(2500);
    run.note('then', (await run.status()).runtimeStatus);
    run.note('raise', await run.raise('go', 1));
    await run.end();
  },
  xRewindRestarted: first([fails], rewind, restart, rewind, rewind, look),
  xRewindRestartedChild: first([child(true, throws)], rewind, rewind, restart, rewind, rewind, look),
  xRewindPurgedChild: first([child(true, throws)], { do: 'purge', child: '-s0' }, rewind, look, rewind),
};
