import { everyNth } from '../faults/choices.js';
import type { CallSite } from '../faults/trials.js';
import type { ByRing } from '../harness/ring.js';

type Choose = (sites: readonly CallSite[]) => CallSite[];

const every: Choose = everyNth(0, 1);

type Held = Readonly<Record<'killed before' | 'killed after', ByRing<Choose>>>;

/**
 * Which calls of an onboarding are held, before or after they have had their effect, while an operator cancels it or
 * revokes its client. In the default ring both hold each call once: a cancel before its effect where a revocation does
 * after, and the other way round.
 */
export const HELD = {
  cancelled: {
    'killed before': { default: everyNth(1, 2), long: every },
    'killed after': { default: everyNth(0, 2), long: every },
  },
  revoked: {
    'killed before': { default: everyNth(0, 2), long: every },
    'killed after': { default: everyNth(1, 2), long: every },
  },
} satisfies Record<string, Held>;

/** Those that are held, after their effect, while the host is killed as well. */
export const HELD_AND_KILLED: ByRing<Choose> = { default: everyNth(1, 6), long: every };

/** The steps in which calls are held. */
export const PHASES = ['preflight', 'ensureScopeMap', 'ensureToken', 'issueCredentials', 'pullCheck', 'promote'];
