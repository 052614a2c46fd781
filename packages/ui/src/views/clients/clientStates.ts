import type { ClientState } from '@connected-registry/protocol/answers/clientAnswers';

/**
 * Each state in a few words, the worst first, as the app reports the first that applies. docs/inventory.md says more.
 */
export const STATE_MEANINGS: Readonly<Record<ClientState, string>> = {
  orphaned: 'its token is gone',
  revoked: 'token and secret are disabled',
  expired: 'its credential has expired',
  unbound: 'its connected registry does not list the token',
  drifted: 'something differs from the setup',
  changing: 'a run in progress explains the differences',
  expiring: 'less than a fifth of its lifetime is left',
  ok: 'as it was set up',
};

/** States of a client, the worst first. */
export const STATES = Object.keys(STATE_MEANINGS) as readonly ClientState[];
