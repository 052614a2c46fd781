import type { ClientState, Difference } from '@connected-registry/protocol/answers/clientAnswers';

/** What a difference is, and what to do about it. docs/inventory.md says more. */
export interface DifferenceText {
  readonly meaning: string;
  readonly advice: string;
}

const ONBOARD = 'Onboard the client again.';

export const DIFFERENCE_TEXTS: Readonly<Record<Difference['code'], DifferenceText>> = {
  'token-missing': { meaning: 'Its token was deleted.', advice: ONBOARD },
  'token-disabled': {
    meaning: 'Its token is disabled, its secret is not.',
    advice: 'Find out who disabled it. Enable it, or revoke the client.',
  },
  'token-scope-map': {
    meaning: 'Its token has another scope map.',
    advice: 'Give the token its scope map again. A check of the client shows the command.',
  },
  'token-shared': {
    meaning: 'Another client uses its token too.',
    advice: 'Onboard one of them without a token name, so that it gets its own.',
  },
  'scope-map-missing': { meaning: 'Its scope map was deleted.', advice: ONBOARD },
  'scope-map-rights': {
    meaning: 'Its scope map grants other rights than those that were set.',
    advice: 'Onboard the client again with the option to restore the scope map.',
  },
  'password-missing': { meaning: 'The slot of its password is empty.', advice: ONBOARD },
  'password-replaced': {
    meaning: 'The password in its slot is not the one in the vault.',
    advice: ONBOARD,
  },
  'password-expired': { meaning: 'Its password expired before its secret.', advice: ONBOARD },
  'secret-disabled': { meaning: 'Its secret is disabled, its token is not.', advice: ONBOARD },
  endpoint: {
    meaning: 'Devices reach the connected registry at another address than its secret names.',
    advice: 'Allow the endpoint in the setting ALLOWED_ENDPOINTS, or onboard the client again.',
  },
  'binding-missing': { meaning: 'The connected registry does not list its token.', advice: ONBOARD },
  'bound-elsewhere': {
    meaning: 'Another connected registry lists its token.',
    advice: 'Remove the token from the client list of the other one. A check of the client shows the command.',
  },
  'connected-registry-missing': {
    meaning: 'Its connected registry was deleted.',
    advice: 'Offboard the client.',
  },
  'vault-differs': {
    meaning: 'Another vault has a secret of this client too.',
    advice: 'Find out who made the other secret, and remove it if nobody needs it.',
  },
  'vault-not-configured': {
    meaning: 'The settings do not list the vault that has its secrets.',
    advice: 'Add the vault to the setting KEY_VAULT_URLS again. If it is gone, offboard and onboard the client.',
  },
  'access-missing': {
    meaning: 'The identity of its device may not read both of its secrets.',
    advice: 'Onboard the client again with the same identity.',
  },
  'access-foreign': {
    meaning: 'Another principal may read one of its secrets.',
    advice: 'Remove the role assignment if nobody needs it. A check of the client shows the command.',
  },
  'device-silent': {
    meaning: 'Its device has not been heard of for long.',
    advice: 'Find out whether the device runs its agent and reaches the app.',
  },
  'fact-unknown': {
    meaning: 'The answer of Azure lacked a fact, so the state is judged without it.',
    advice: 'Refresh later. If it stays, look for missing rights of the app.',
  },
};

/** What to do about a client in a state, beyond its differences; absent if nothing needs to be done. */
export const STATE_ADVICE: Readonly<Partial<Record<ClientState | 'absent', string>>> = {
  orphaned: ONBOARD,
  revoked: 'Leave it if it is to stay revoked. Onboard it to give it access again, or offboard it to remove it.',
  expired: ONBOARD,
  unbound: ONBOARD,
  expiring: 'It should have been rotated long before: see its operations. Then rotate it.',
  changing: 'Wait for the operation in progress to end.',
  absent: 'Onboard the client once its device has joined.',
};
