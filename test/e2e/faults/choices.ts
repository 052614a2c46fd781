/**
 * Which trials of a matrix each ring runs. test/rings.test.ts holds that the default ring leaves out no kind of fault.
 */
import { FAULTS, WORST } from './faultKinds.js';
import type { CallSite, Trial } from './trials.js';

/** Chooses from all trials of a matrix: every call of a run, times every fault. */
export type Choice = (trials: readonly Trial[]) => readonly Trial[];

/** The choice of `npm run test:long`. */
export const all: Choice = (trials) => trials;

/** Of the calls that the default ring does not strike one by one, it strikes one of so many. */
const ONE_OF = 3;

/**
 * Every call that names its client meets one fault, in turn, so that all kinds occur. The replacement of the client
 * list meets a lost reply and a kill. Of the calls that name no client, each of which needs the stack to itself, one of
 * three meets one fault.
 */
export const representative: Choice = (trials) => {
  const own = sitesIn(trials).filter(({ isOwn }) => isOwn);
  const others = sitesIn(trials).filter((site) => !site.isOwn && !replacesList(site));
  return trials.filter(({ site, fault }) => {
    if (site.isOwn) return fault === FAULTS[own.indexOf(site) % FAULTS.length];
    if (replacesList(site)) return fault === 'reply lost' || fault === 'killed after';
    const place = others.indexOf(site);
    return place % ONE_OF === 0 && fault === FAULTS[(place / ONE_OF) % FAULTS.length];
  });
};

/**
 * Of the calls that name their client, every write and one of three reads: a lost reply, a refusal and a kill, in turn.
 */
export const thinned: Choice = (trials) => worstInTurn(trials, writesAndSomeReads(ownSitesIn(trials)));

/**
 * Of the calls that name their client, every write, as `thinned`: for a variant of a flow whose reads `thinned`
 * strikes.
 */
export const writesOnly: Choice = (trials) =>
  worstInTurn(
    trials,
    ownSitesIn(trials).filter((site) => !isRead(site)),
  );

/** Every write and one of three reads, in the order of the calls. */
export function writesAndSomeReads(sites: readonly CallSite[]): CallSite[] {
  const reads = sites.filter(isRead);
  return sites.filter((site) => !isRead(site) || reads.indexOf(site) % ONE_OF === 0);
}

/** Chooses every `step`-th call, from the `first` on. */
export function everyNth(first: number, step: number): (sites: readonly CallSite[]) => CallSite[] {
  return (sites) => sites.filter((_, index) => index % step === first);
}

export function replacesList({ key }: CallSite): boolean {
  return key.startsWith('PATCH ') && key.includes('connectedRegistries');
}

function isRead({ key }: CallSite): boolean {
  return key.startsWith('GET ');
}

function worstInTurn(trials: readonly Trial[], chosen: readonly CallSite[]): readonly Trial[] {
  return trials.filter(({ site, fault }) => fault === WORST[chosen.indexOf(site) % WORST.length]);
}

function ownSitesIn(trials: readonly Trial[]): CallSite[] {
  return sitesIn(trials).filter(({ isOwn }) => isOwn);
}

function sitesIn(trials: readonly Trial[]): CallSite[] {
  return [...new Set(trials.map(({ site }) => site))];
}
