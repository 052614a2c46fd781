import { globSync } from 'tinyglobby';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { flagsOf, RINGS } from '../scripts/tests/rings.mjs';
import config from '../vitest.config.js';
import { all, representative, thinned, writesOnly, type Choice } from './e2e/faults/choices.js';
import { FAULTS, WORST } from './e2e/faults/faultKinds.js';
import { FEW, MOST } from './e2e/faults/leavingChoices.js';
import type { CallSite, Trial } from './e2e/faults/trials.js';
import { HELD, HELD_AND_KILLED } from './e2e/races/heldCalls.js';
import { mixedScheduleOf, scheduleOf, type Schedule } from './e2e/races/schedule.js';
import { SEEDS } from './e2e/races/seeds.js';
import { inTurn } from './inTurn.js';

interface Project {
  readonly test: { readonly name: string; readonly include: readonly string[]; readonly exclude?: readonly string[] };
}

/** Test files of the projects that a ring runs, with repetitions. */
function filesOf(patterns: readonly string[]): string[] {
  const projects = (config.test?.projects ?? []) as readonly Project[];
  const isOf = (name: string) => (pattern: string) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return projects
    .filter(({ test: { name } }) => patterns.some(isOf(name)))
    .flatMap(({ test: { include, exclude = [] } }) =>
      globSync([...include], { cwd: projectRoot(), ignore: [...exclude, '**/node_modules/**'] }),
    );
}

const endToEnd = globSync('test/e2e/**/*.test.ts', { cwd: projectRoot() });

describe('the rings', () => {
  test('npm test runs each end-to-end test file once', () => {
    const files = filesOf(RINGS.default);
    expect(files.filter((file) => file.startsWith('test/e2e/')).toSorted()).toEqual(endToEnd.toSorted());
    expect(files).toHaveLength(new Set(files).size);
  });

  test('npm run test:long runs all files of npm test, and the long files', () => {
    const long = filesOf(RINGS.long);
    expect(long).toEqual(expect.arrayContaining(filesOf(RINGS.default)));
    expect(long).toEqual(expect.arrayContaining(globSync('test/long/*.test.ts', { cwd: projectRoot() })));
    expect(flagsOf('long')).toContain('--project=e2e*');
  });
});

const site = (key: string, isOwn = true): CallSite => ({ key, nth: 1, isOwn });
const reads = Array.from({ length: 12 }, (_, n) => site(`GET tokens/{token} of kind ${n}`));
const writes = Array.from({ length: 9 }, (_, n) => site(`PUT secrets/{secret} of kind ${n}`));
const list = site('PATCH registries/{registry}/connectedRegistries/{connectedRegistry}', false);
const others = Array.from({ length: 6 }, (_, n) => site(`GET registries of kind ${n}`, false));
const own = reads.flatMap((read, n) => [read, ...writes.slice(n, n + 1)]);
const sites = [...own, list, ...others];
const trials = sites.flatMap((one) => FAULTS.map((fault): Trial => ({ site: one, fault })));
const faultsIn = (chosen: readonly Trial[]) => new Set(chosen.map(({ fault }) => fault));
const sitesIn = (chosen: readonly Trial[]) => new Set(chosen.map((trial) => trial.site));

describe('the choice of trials in the default ring', () => {
  test('of a matrix is part of the whole list, which the long ring runs', () => {
    expect(all(trials)).toEqual(trials);
    for (const choose of [representative, thinned, writesOnly] satisfies Choice[]) {
      expect(trials).toEqual(expect.arrayContaining([...choose(trials)]));
      expect(choose(trials).length).toBeLessThan(trials.length);
    }
  });

  test('of onboardings has every kind of fault, every call that names its client, and the replacement of the list', () => {
    const chosen = representative(trials);
    expect(faultsIn(chosen)).toEqual(new Set(FAULTS));
    expect([...sitesIn(chosen)]).toEqual(expect.arrayContaining([...own, list]));
    expect(others.filter((other) => sitesIn(chosen).has(other)).length).toBeGreaterThan(0);
  });

  test('of undos and rotations has the worst faults and every write', () => {
    for (const choose of [thinned, writesOnly]) {
      const chosen = choose(trials);
      expect(faultsIn(chosen)).toEqual(new Set(WORST));
      expect([...sitesIn(chosen)]).toEqual(expect.arrayContaining(writes));
    }
    expect(thinned(trials).some(({ site: { key } }) => key.startsWith('GET '))).toBe(true);
  });

  test('of offboardings and revocations is part of the long ring’s, with the worst faults and every write', () => {
    const chosen = FEW.own(own);
    expect(MOST.own(own)).toEqual(expect.arrayContaining([...chosen]));
    expect(MOST.others([list, ...others])).toEqual(expect.arrayContaining([...FEW.others([list, ...others])]));
    expect(faultsIn(chosen)).toEqual(new Set(WORST));
    expect([...sitesIn(chosen)]).toEqual(expect.arrayContaining(writes));
  });

  test('of calls that are held in races has each call once, and the long ring has each before and after its effect', () => {
    const choices = Object.values(HELD).flatMap((held) => Object.values(held));
    for (const choice of Object.values(HELD)) {
      const held = Object.values(choice).flatMap((choose) => choose.default(own));
      expect(held).toHaveLength(own.length);
      expect(new Set(held)).toEqual(new Set(own));
    }
    for (const { long } of [...choices, HELD_AND_KILLED]) expect(long(own)).toEqual(own);
    expect(HELD_AND_KILLED.default(own).length).toBeGreaterThan(0);
  });

  test('of kinds in turn has each kind for one of as many subjects in a row, and the long ring has each for all', () => {
    const kinds = FAULTS;
    for (const step of [2, 3]) {
      const turns = Array.from({ length: step }, (_, place) => inTurn(kinds, place, step));
      expect(turns.flatMap((turn) => turn.default).toSorted()).toEqual(kinds.toSorted());
      for (const { long } of turns) expect(long).toEqual(kinds);
    }
  });

  test('of random schedules has everything that can happen, and the long ring plays the same seeds', () => {
    const { onboardings, mixed } = SEEDS;
    for (const { default: few, long } of [onboardings, mixed]) expect(long).toEqual(expect.arrayContaining([...few]));
    const plain = onboardings.default.map(scheduleOf);
    expect(happeningsIn(plain)).toEqual(happeningsIn(onboardings.long.map(scheduleOf)));
    expect(plain.some(hasDuplicates)).toBe(true);

    const others = mixed.default.map(mixedScheduleOf);
    for (const kind of ['rotate', 'urgently rotate', 'offboard', 'revoke', 'kill'])
      expect(happeningsIn(others)).toContain(kind);
    const lastRequests = others.flatMap(({ finalRequests }) => finalRequests);
    expect(new Set(lastRequests)).toEqual(new Set(['offboard', 'revoke', 'nothing']));
  });
});

function happeningsIn(schedules: readonly Schedule[]): Set<string> {
  const happenings = schedules.flatMap((schedule) => schedule.happenings);
  return new Set(happenings.map((one) => (one.what === 'rotate' && one.urgent ? 'urgently rotate' : one.what)));
}

function hasDuplicates({ happenings }: Schedule): boolean {
  const ids = happenings.flatMap((one) => (one.what === 'events' ? one.events.map(({ id }) => id) : []));
  return new Set(ids).size < ids.length;
}
