import type { Step } from '../app/programs/program.js';
import { play } from '../play/play.js';
import { isEnded, type Case } from '../run/caseRun.js';
import type { Cases } from './plain.js';

const day = 86_400;
const program = (...steps: Step[]): Case => play({ orchestrator: 'program', input: { steps } });

/** A timer of so many days loses a race and is cancelled, then another one fires. */
const before = (days: number): Step[] => [
  {
    op: 'any',
    tasks: [
      { op: 'timer', seconds: days * day },
      { op: 'activity', name: 'say', input: 'x' },
    ],
  },
  { op: 'timer', seconds: 1 },
];

/** How often the second timer is made over again is chance on the real host, so of the history only that it is. */
const lost =
  (rest: Step): Case =>
  async (run) => {
    run.note('turns may differ', true);
    await run.start('program', { steps: [...before(7), rest] });
    const { runtimeStatus, output } = await run.until(isEnded);
    const { body } = await run.http('GET', run.instance('', 'showHistory=true'));
    const { historyEvents } = body as { historyEvents: { EventType: string }[] };
    const timers = historyEvents.filter(({ EventType }) => EventType === 'TimerCreated').length;
    run.note('end', { runtimeStatus, output, moreTimersThanTwo: timers > 2 });
  };

/** What comes after a timer of more than six days that was cancelled, or beside one. */
export const longTimers: Cases = {
  longTimerActivity: lost({ op: 'activity', name: 'say', input: 'y' }),
  longTimerChild: lost({ op: 'child', named: true, steps: [{ op: 'activity', name: 'say', input: 'in' }] }),
  longTimerFailure: lost({ op: 'try', steps: [{ op: 'activity', name: 'fail', input: 'bad' }] }),
  longTimerEntity: program(...before(7), { op: 'entity', key: 'a', operation: 'add', input: 2 }),
  longTimerPast: program({
    op: 'any',
    tasks: [
      { op: 'timer', seconds: 10 * day },
      { op: 'timer', seconds: -60 },
    ],
  }),
  fiveDays: program(
    ...before(5),
    { op: 'activity', name: 'say', input: 'y' },
    { op: 'entity', key: 'a', operation: 'add', input: 2 },
  ),
};
