import { afterAll, beforeAll, expect, test } from 'vitest';
import { writesAndSomeReads } from './choices.js';
import { FAULTS, WORST } from './faultKinds.js';
import { Lane } from './lane.js';
import { alone, together } from './strikes.js';
import { brokenOf, tableOf } from './table.js';
import { TakingAwayMatrix, type Departure } from './takingAwayMatrix.js';
import type { CallSite, Trial } from './trials.js';

const AT_ONCE = 24;

/** What is struck of the calls of an offboarding or a revocation. */
export interface LeavingChoice {
  /** Of calls that name their client: many of them are struck at once. */
  readonly own: (sites: readonly CallSite[]) => readonly Trial[];
  /** Of the others, each of which needs the stack to itself. */
  readonly others: (sites: readonly CallSite[]) => readonly Trial[];
}

const times = (sites: readonly CallSite[], faults: readonly Trial['fault'][]): Trial[] =>
  sites.flatMap((site) => faults.map((fault): Trial => ({ site, fault })));

/** The choice of `npm run test:long`: what is worst for each own call, and of each other call one fault, in turn. */
export const MOST: LeavingChoice = {
  own: (sites) => times(sites, WORST),
  others: (sites) =>
    sites.flatMap((site, index) =>
      times([site], site.key.startsWith('PATCH ') ? WORST : FAULTS.slice(index % 6, (index % 6) + 1)),
    ),
};

/** The choice of the default ring: a refusal, a lost reply and a kill, in turn; the list's replacement lost and refused. */
export const FEW: LeavingChoice = {
  own: (sites) =>
    writesAndSomeReads(sites).flatMap((site, index) => times([site], WORST.slice(index % 3, (index % 3) + 1))),
  others: (sites) => [
    ...times(sites.filter(({ key }) => key.startsWith('PATCH ')).slice(0, 1), ['reply lost', '403']),
    ...MOST.others(sites.filter(({ key }, index) => !key.startsWith('PATCH ') && index % 3 === 0)),
  ],
};

/** Tests of what strikes the calls of offboardings and of revocations. */
export function takingAwayTests(choice: LeavingChoice): void {
  let lane: Lane;
  beforeAll(async () => {
    lane = await Lane.open('leaving');
  }, 900_000);
  afterAll(() => lane.close());

  test.each<[string, Departure]>([
    ['offboarding', 'offboardings'],
    ['revocation', 'revocations'],
  ])(
    'whatever call of a client’s %s fails, and however, all is taken away, or what is left is listed and a repetition takes it',
    async (title, path) => {
      const matrix = new TakingAwayMatrix(lane, path);
      const [first, second] = [await matrix.record(), await matrix.record()];
      const sites = first.filter(({ key, nth }) => second.some((site) => site.key === key && site.nth === nth));
      expect(sites.length).toBeGreaterThan(3);
      const own = choice.own(sites.filter(({ isOwn }) => isOwn));
      const others = choice.others(sites.filter(({ isOwn }) => !isOwn));
      const ends = [...(await together(matrix, own, AT_ONCE)), ...(await alone(matrix, [...others]))];
      console.log(tableOf(title, ends, { completed: 'gone' }));
      expect(brokenOf(ends)).toEqual([]);
      expect(ends).toHaveLength(own.length + others.length);
    },
    1_800_000,
  );

  test('nothing that others had was touched, and no password stands outside the vault', async () => {
    expect(await lane.unclean()).toEqual([]);
  });
}
