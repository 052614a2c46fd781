/** Draws scripts of each kind. */
import type { Generations, Json, Program, Step, TaskStep } from '../../app/programs/program.js';
import { entityOperations } from '../../app/programs/entityOperations.js';
import { oddErrors } from '../../app/programs/oddErrors.js';
import { oddValues } from '../../app/programs/oddValues.js';
import { oneByOne, type Action, type RaisedEvent, type Script } from '../../play/script.js';
import type { Draws } from './draws.js';
import { entityKeys, smallValues, TaskDraws } from './tasks.js';

const program = (steps: readonly Step[]): Program => ({ steps });

/** Activities, children, timers and entities, all at once and one after another. */
export function concurrent(draws: Draws): Script {
  const tasks = new TaskDraws(draws);
  return { orchestrator: 'program', input: program(draws.several(2, 6, () => tasks.step(2))) };
}

/** Retried activities and children: alone, beside others, in a race. */
export function retrying(draws: Draws): Script {
  const tasks = new TaskDraws(draws);
  const retried = (): TaskStep =>
    draws.one<TaskStep>(
      () => ({
        op: 'retry',
        failures: draws.whole(0, 4),
        options: tasks.retries(draws.whole(1, 4)),
        ...(draws.chance(0.3) ? { error: draws.of(oddErrors) } : {}),
      }),
      () => ({
        op: 'child',
        named: draws.chance(0.4),
        options: tasks.retries(draws.whole(1, 3)),
        steps: [
          draws.one<Step>(
            () => ({ op: 'activity', name: 'say', input: 'in' }),
            () => ({ op: 'throw', error: draws.of(['plain', 'typed']) }),
            () => ({ op: 'activity', name: 'fail', input: 'child' }),
            () => ({ op: 'timer', seconds: 0 }),
          ),
        ],
      }),
    );
  const guarded = (...steps: Step[]): Step => ({
    op: 'try',
    steps,
    ...(draws.chance(0.5) ? { caught: [{ op: 'activity', name: 'say', input: 'undo' }] } : {}),
  });
  const step = (): Step =>
    draws.one<Step>(
      retried,
      () => guarded(retried()),
      () => guarded({ op: 'all', tasks: [retried(), ...draws.several(0, 2, () => tasks.ending(0))] }),
      () => guarded({ op: 'apart', tasks: [retried(), tasks.ending(0)], order: draws.shuffled([0, 1]), first: false }),
      () => guarded({ op: 'any', tasks: draws.shuffled([retried(), tasks.never(0)]) }),
      () => tasks.ending(1),
    );
  return { orchestrator: 'program', input: program(draws.several(1, 3, step)) };
}

const eventNames = ['go', 'Go', 'x', 'data'];

/** Events that come before, while and after somebody waits for them. */
export function eventful(draws: Draws): Script {
  const tasks = new TaskDraws(draws);
  const wait = (): TaskStep => ({ op: 'event', name: draws.of(eventNames) });
  const step = (): Step =>
    draws.one<Step>(
      wait,
      wait,
      () => ({ op: 'all', tasks: draws.several(2, 3, wait) }),
      () => ({
        op: 'apart',
        tasks: [wait(), wait(), wait()],
        order: draws.shuffled([0, 1, 2]),
        first: draws.chance(0.6),
      }),
      () => ({ op: 'any', tasks: draws.shuffled([wait(), { op: 'timer', seconds: 600 }, wait()]) }),
      () => ({ op: 'all', tasks: [wait(), tasks.ending(1)] }),
      () => ({
        op: 'any',
        tasks: [
          { op: 'all', tasks: [wait(), wait()] },
          { op: 'timer', seconds: 600 },
        ],
      }),
      () => ({ op: 'child', named: true, steps: [wait()] }),
      () => tasks.ending(0),
    );
  const steps = draws.several(2, 5, step);
  const children = steps.flatMap(({ op }, index) => (op === 'child' ? [`-s${index}`] : []));
  const event = (): RaisedEvent => ({ event: draws.of(eventNames), value: draws.of(smallValues) });
  // Of several events at once, the later ones may find an instance that the first one has ended: so none ends it.
  const raise = (): Action =>
    draws.one<Action>(
      () => ({ do: 'burst', events: draws.several(2, 4, event) }),
      () => ({ do: 'raise', ...event(), ...(draws.chance(0.2) ? { byClient: true } : {}) }),
      () => ({
        do: 'raise',
        ...event(),
        ...(children.length > 0 ? { child: draws.of(children) } : {}),
      }),
    );
  const pause: readonly Action[] = [
    { do: 'manage', how: 'suspend', reason: 'hold' },
    raise(),
    { do: 'manage', how: 'resume', reason: 'on' },
  ];
  const actions = [...draws.several(3, 7, raise), ...(draws.chance(0.2) ? pause : []), ...draws.several(1, 2, raise)];
  const last: Action = { do: 'raise', event: 'end' };
  // Which events of a burst are there when a race begins would be chance.
  const calm = steps.some(({ op }) => op === 'any') ? actions.flatMap(oneByOne) : actions;
  // Without a pause there would be chance in whether a child is there.
  const toChildren = actions.some((action) => action.do === 'raise' && action.child !== undefined);
  return {
    orchestrator: 'program',
    input: program([...steps, { op: 'event', name: 'end' }]),
    actions: [...calm, last],
    ...(draws.chance(0.2) && !toChildren ? { atOnce: true } : {}),
  };
}

const entityInput = (draws: Draws, operation: string): Json | undefined => {
  if (operation === 'add') return draws.whole(1, 5);
  if (operation === 'throw') return draws.of(oddErrors);
  if (operation === 'make' || operation === 'keep') return draws.of(oddValues);
  return draws.chance(0.7) ? draws.of(smallValues) : undefined;
};

/** Two results of one operation are those of the next one, too, if chance puts both into one batch. */
const signalled = entityOperations.filter((operation) => operation !== 'returnTwice');

/** Entities: calls, signals, locks; their states at the end. */
export function withEntities(draws: Draws): Script {
  const tasks = new TaskDraws(draws);
  const use = (operations = entityOperations): { key: string; operation: string; input?: Json } => {
    const operation = draws.of(operations);
    const input = entityInput(draws, operation);
    return { key: draws.of(entityKeys), operation, ...(input === undefined ? {} : { input }) };
  };
  const call = (): Step => ({ op: 'try', steps: [{ op: 'entity', ...use() }] });
  const step = (): Step =>
    draws.one<Step>(
      call,
      call,
      () => ({ op: 'signal', ...use(signalled) }),
      () => ({
        op: 'lock',
        keys: draws.shuffled(entityKeys).slice(0, draws.whole(1, 2)),
        steps: [{ op: 'activity', name: 'say', input: 'locked' }],
        release: draws.chance(0.85),
      }),
      () => tasks.ending(1),
      () => ({ op: 'timer', seconds: 1 }),
    );
  const reads = [...entityKeys, 'a-told'].map((key): Action => ({ do: 'readEntity', key }));
  return { orchestrator: 'program', input: program(draws.several(3, 7, step)), actions: reads };
}

/** continueAsNew, generation by generation, with events on the way. */
export function continued(draws: Draws): Script {
  const tasks = new TaskDraws(draws);
  const step = (): Step =>
    draws.one<Step>(
      () => tasks.ending(1),
      () => ({ op: 'event', name: draws.of(['go', 'x']) }),
      () => ({ op: 'status', input: draws.of(smallValues) }),
      () => ({ op: 'signal', key: 'a', operation: 'add', input: 1 }),
      () => ({ op: 'entity', key: 'a', operation: 'add', input: 1 }),
      () => ({ op: 'any', tasks: draws.shuffled<TaskStep>([tasks.ending(0), { op: 'event', name: 'never' }]) }),
      () => ({ op: 'child', named: draws.chance(0.5), steps: [tasks.ending(0)] }),
      () => ({ op: 'guid' }),
    );
  const input: Generations = {
    generations: draws.several(2, 4, () => draws.several(1, 3, step)),
    ...(draws.chance(0.25) ? { afterwards: draws.of(['returns', 'throws', 'calls'] as const) } : {}),
  };
  const event = (): RaisedEvent => ({ event: draws.of(['go', 'x']), value: draws.of(smallValues) });
  const actions = draws.several(1, 5, () =>
    draws.one<Action>(
      () => ({ do: 'raise', ...event() }),
      () => ({ do: 'raise', ...event() }),
      () => ({ do: 'manage', how: draws.of(['suspend', 'resume']), reason: 'r' }),
    ),
  );
  return { orchestrator: 'generations', input, actions };
}

/** What operators do to instances in each state. */
export function managed(draws: Draws): Script {
  const value = (): Json => draws.of(smallValues);
  const go: Step = { op: 'event', name: 'go' };
  const say: Step = { op: 'activity', name: 'say', input: 'after' };
  const body = (): readonly Step[] =>
    draws.one<readonly Step[]>(
      () => [go],
      () => [{ op: 'status', input: value() }, go, say],
      () => [{ op: 'throw', error: draws.of(oddErrors) }],
      () => [{ op: 'activity', name: 'fail', input: 'bad' }],
      () => [{ op: 'retry', failures: 2, options: { first: 300, attempts: 2 } }, go],
      () => [say],
      () => [{ op: 'child', named: true, steps: [go] }],
      () => [{ op: 'child', named: true, steps: [{ op: 'retry', failures: 1, options: { first: 300, attempts: 1 } }] }],
      () => [
        {
          op: 'any',
          tasks: [
            { op: 'event', name: 'go' },
            { op: 'timer', seconds: 600 },
          ],
        },
        say,
      ],
      () => [go, { op: 'throw', error: 'plain' }],
      () => [{ op: 'retry', failures: 1, options: { first: 300, attempts: 1 } }, say],
      () => [
        { op: 'entity', key: 'a', operation: 'add', input: 1 },
        { op: 'child', named: false, steps: [{ op: 'throw', error: 'plain' }] },
      ],
    );
  const reason = (): { reason?: string; byClient?: true } =>
    draws.one<{ reason?: string; byClient?: true }>(
      () => ({ reason: draws.of(['why', '', 'ž & ?', 'ž "q" 🚗', 'r'.repeat(150)]) }),
      () => ({}),
      () => ({ byClient: true }),
    );
  const action = (): Action =>
    draws.one<Action>(
      () => ({ do: 'raise', event: 'go', value: value() }),
      () => ({ do: 'raise', event: 'go', value: value() }),
      () => ({ do: 'raise', event: 'other', value: value(), ...(draws.chance(0.5) ? { byClient: true } : {}) }),
      () => ({ do: 'manage', how: 'suspend', ...reason() }),
      () => ({ do: 'manage', how: 'resume', ...reason() }),
      () => ({ do: 'manage', how: 'terminate', ...reason() }),
      () => ({ do: 'manage', how: 'rewind', ...reason() }),
      () => ({ do: 'manage', how: 'rewind', ...reason() }),
      () => ({ do: 'restart', fresh: false }),
      () => ({ do: 'restart', ...(draws.chance(0.5) ? { fresh: true } : {}) }),
      () => ({ do: 'purge' }),
      () => ({ do: 'start', orchestrator: 'program', input: { steps: body() } as unknown as Json }),
      () => ({ do: 'start', orchestrator: 'echo', input: value(), byHook: true }),
      () => ({
        do: 'query',
        query: draws.of([
          'showHistory=true',
          'showHistory=true&showHistoryOutput=true',
          'showInput=false',
          'returnInternalServerErrorOnFailure=true',
          'showHistory=True&showInput=False',
          'showHistory=1',
        ]),
      }),
    );
  return { orchestrator: 'program', input: program(body()), actions: draws.several(3, 7, action) };
}

/** An odd value or error at each place where a value passes. */
export function oddly(draws: Draws): Script {
  const odd = draws.of(oddValues);
  const error = draws.of(oddErrors);
  const guarded = (step: Step): Step => ({ op: 'try', steps: [step] });
  return draws.one<Script>(
    () => ({
      orchestrator: 'program',
      input: program([
        guarded({ op: 'activity', name: 'describe', odd }),
        guarded({ op: 'activity', name: 'make', input: odd }),
        guarded({ op: 'other', orchestrator: 'describes', odd }),
        guarded({ op: 'other', orchestrator: 'makes', input: odd }),
      ]),
    }),
    () => ({
      orchestrator: 'program',
      input: program([
        guarded({ op: 'entity', key: 'a', operation: 'describe', odd }),
        guarded({ op: 'entity', key: 'a', operation: 'make', input: odd }),
        guarded({ op: 'entity', key: 'a', operation: 'keep', input: odd }),
        guarded({ op: 'entity', key: 'a', operation: 'describeState' }),
      ]),
      actions: [{ do: 'readEntity', key: 'a' }],
    }),
    () => ({
      orchestrator: 'program',
      input: program([
        { op: 'status', odd },
        { op: 'activity', name: 'say', input: 'x' },
      ]),
    }),
    () => ({ orchestrator: 'makes', input: odd }),
    () => ({ orchestrator: 'continuesWith', input: { next: odd } }),
    () => ({
      orchestrator: 'program',
      input: program([
        guarded({ op: 'activity', name: 'breaks', input: error }),
        guarded({ op: 'other', orchestrator: 'throwsOdd', input: error }),
        guarded({ op: 'entity', key: 'a', operation: 'throw', input: error }),
        guarded({ op: 'retry', failures: 1, error, options: { first: 200, attempts: 2 } }),
      ]),
    }),
    () => ({ orchestrator: 'program', input: program([{ op: 'activity', name: 'breaks', input: error }]) }),
    () => ({ orchestrator: 'throwsOdd', input: error }),
  );
}
