import type { ClientState } from '@connected-registry/protocol/answers/clientAnswers';

/** States of a client, the worst first, as the app reports the first that applies. */
export const STATES = [
  'orphaned',
  'revoked',
  'expired',
  'unbound',
  'drifted',
  'changing',
  'expiring',
  'ok',
] as const satisfies readonly ClientState[];

/** Each state in a few words. docs/inventory.md says more. */
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
