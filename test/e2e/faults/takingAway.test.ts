import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULTS, WORST } from './faultKinds.js';
import { Lane } from './lane.js';
import { alone, together } from './strikes.js';
import { brokenOf, tableOf } from './table.js';
import { TakingAwayMatrix, type Departure } from './takingAwayMatrix.js';
import type { Trial } from './trials.js';

const AT_ONCE = 24;

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
    const own = sites.filter(({ isOwn }) => isOwn).flatMap((site) => WORST.map((fault): Trial => ({ site, fault })));
    // Each needs the stack to itself: the list's replacement with what is worst for it, of the others one fault each.
    const others = sites
      .filter(({ isOwn }) => !isOwn)
      .flatMap((site, index) =>
        FAULTS.filter((fault, nth) => (site.key.startsWith('PATCH ') ? WORST.includes(fault) : nth === index % 6)).map(
          (fault): Trial => ({ site, fault }),
        ),
      );
    const ends = [...(await together(matrix, own, AT_ONCE)), ...(await alone(matrix, [...others]))];
    console.log(tableOf(title, ends, { completed: 'gone' }));
    expect(brokenOf(ends)).toEqual([]);
    expect(ends).toHaveLength(own.length + others.length);
  },
  900_000,
);

test('nothing that others had was touched, and no password stands outside the vault', async () => {
  expect(await lane.unclean()).toEqual([]);
});
