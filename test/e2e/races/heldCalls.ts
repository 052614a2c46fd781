import { everyNth } from '../faults/choices.js';
import type { CallSite } from '../faults/trials.js';
import type { ByRing } from '../harness/ring.js';

type Choose = (sites: readonly CallSite[]) => CallSite[];

const every: Choose = everyNth(0, 1);

/**
 * Which calls of an onboarding are held while an operator cancels it or revokes its client. The default ring holds one half of them
 * before and the other half after they have had their effect, so that it holds each call once.
 */
export const HELD = {
  'killed before': { default: everyNth(0, 2), long: every },
  'killed after': { default: everyNth(1, 2), long: every },
} satisfies Record<string, ByRing<Choose>>;

/** Those that are held, after their effect, while the host is killed as well. */
export const HELD_AND_KILLED: ByRing<Choose> = { default: everyNth(1, 3), long: every };

/** The steps in which calls are held. */
export const PHASES = ['preflight', 'ensureScopeMap', 'ensureToken', 'issueCredentials', 'pullCheck', 'promote'];
