import { writesAndSomeReads } from './choices.js';
import { FAULTS, WORST } from './faultKinds.js';
import type { CallSite, Trial } from './trials.js';

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

/**
 * The choice of the default ring: a refusal, a lost reply and a kill, in turn; the list's replacement lost and refused.
 */
export const FEW: LeavingChoice = {
  own: (sites) =>
    writesAndSomeReads(sites).flatMap((site, index) => times([site], WORST.slice(index % 3, (index % 3) + 1))),
  others: (sites) => {
    const [list] = sites.filter(({ key }) => key.startsWith('PATCH '));
    const reads = sites.filter(({ key }) => !key.startsWith('PATCH '));
    return MOST.others(sites).filter(({ site, fault }) =>
      site === list ? fault !== 'killed after' : reads.indexOf(site) % 3 === 0,
    );
  },
};
