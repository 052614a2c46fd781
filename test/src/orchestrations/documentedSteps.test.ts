import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { STEP_NAMES } from '../../../src/domain/operations/stepNames.js';
import { RunContext } from '../../../src/orchestrations/run/runContext.js';
import { codeIn, documentTable } from '../../shared/documentTable.js';
import {
  runFrom,
  startFrom,
  STARTING_STATES,
  type FlowName,
  type StartingState,
} from '../fakes/worlds/startingStates.js';

/*
 * The documents list the steps of each flow and the compensations that each step registers. Here every flow runs over
 * the fake services from the states that make its steps differ, and what it did is compared with the tables.
 */

const ARCHITECTURE = 'docs/architecture.md';
const OFFBOARDING = 'docs/offboarding.md';
const withUndo = (heading: string) => documentTable(ARCHITECTURE, heading, ['step', 'what it does', 'undo']);
const withoutUndo = (heading: string) => documentTable(OFFBOARDING, heading, ['step', 'what it does']);
const TABLES = {
  onboard: withUndo('Steps of an onboarding'),
  rotate: withUndo('Steps of a rotation'),
  offboard: withoutUndo('Offboarding'),
  revoke: withoutUndo('Revocation'),
};
const FLOWS = Object.keys(TABLES) as FlowName[];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A step that a run took, with the compensations that it registered, in order. */
interface Taken {
  readonly step: string;
  readonly registers: readonly string[];
}

/** The steps that a run takes from a state, without those of its undo. */
async function takenFrom(flow: FlowName, state: StartingState): Promise<Taken[]> {
  const start = await startFrom(state);
  const spy = vi.spyOn(RunContext.prototype, 'step');
  await runFrom(flow, start, state);
  const taken = spy.mock.calls.map(([step, , undo = []]) => ({ step, registers: undo.map(({ name }) => name) }));
  spy.mockRestore();
  const compensations = new Set<string>(taken.flatMap(({ registers }) => registers));
  return taken.filter(({ step }) => !compensations.has(step));
}

async function takenByAll(flow: FlowName): Promise<Taken[]> {
  const all: Taken[] = [];
  for (const state of Object.values(STARTING_STATES[flow])) all.push(...(await takenFrom(flow, state)));
  return all;
}

const once = (names: readonly string[]) => [...new Set(names)];
const documentedUndo = (flow: FlowName) =>
  TABLES[flow].map((row) => [row.step, 'undo' in row ? codeIn(row.undo) : []] as const);

describe.each(FLOWS)('the documented steps of the flow %s', (flow) => {
  const documented = TABLES[flow].map(({ step }) => step);

  test.each(Object.entries(STARTING_STATES[flow]))(
    'are in the order in which a run takes them: %s',
    async (_, state) => {
      const steps = once((await takenFrom(flow, state)).map(({ step }) => step));
      expect(steps.length).toBeGreaterThan(0);
      expect(steps).toEqual(documented.filter((step) => steps.includes(step)));
    },
  );

  test('are all steps that runs take, and no other', async () => {
    const taken = await takenByAll(flow);
    expect(once(taken.map(({ step }) => step)).toSorted()).toEqual(documented.toSorted());
  });

  test('have the compensations that they register, in that order, and no other', async () => {
    const taken = await takenByAll(flow);
    for (const [step, names] of documentedUndo(flow)) {
      const registered = taken.filter((one) => one.step === step).map(({ registers }) => registers);
      expect([step, once(registered.flat()).toSorted()]).toEqual([step, names.toSorted()]);
      for (const some of registered) expect([step, some]).toEqual([step, names.filter((name) => some.includes(name))]);
    }
  });
});

test('every step name of the code is in a table, and no table has another', () => {
  const others = documentTable(ARCHITECTURE, 'Steps of other runs', ['run', 'steps']).flatMap(({ steps }) =>
    // These cells have plain words, too. A word in camel case is meant as the name of a step.
    (steps.match(/[A-Za-z]+/g) ?? []).filter((word) => STEP_NAMES.has(word) || /[a-z][A-Z]/.test(word)),
  );
  const named = FLOWS.flatMap((flow) => documentedUndo(flow).flatMap(([step, names]) => [step, ...names]));
  expect(once([...named, ...others]).toSorted()).toEqual([...STEP_NAMES].toSorted());
});
