import {
  CREDENTIAL_PROMOTED,
  PULL_CHECK_REQUESTED,
  type CredentialPromoted,
  type PullCheckRequested,
} from './pullCheckMessages.js';

/** CloudEvents source of everything that the app tells devices and operators. */
export const SOURCE = '/connected-registry-onboarding';

/** What a device is told, and an id that is the same for the same message. */
export type Signal =
  | { readonly kind: 'pullCheckRequested'; readonly id: string; readonly data: PullCheckRequested }
  | { readonly kind: 'credentialPromoted'; readonly id: string; readonly data: CredentialPromoted };

const TYPE = { pullCheckRequested: PULL_CHECK_REQUESTED, credentialPromoted: CREDENTIAL_PROMOTED } as const;

/** The message as a CloudEvent 1.0, alike on the signal topic and in the answer to a device that asks. */
export function signalEvent({ kind, id, data }: Signal) {
  const { connectedRegistry, client } = data;
  const subject = `connectedRegistries/${connectedRegistry}/clients/${client}`;
  return { specversion: '1.0', type: TYPE[kind], id, source: SOURCE, subject, data } as const;
}

/** Of one attempt's request. */
export function pullCheckEventId(operation: string, attempt: number): string {
  return `${operation}.${attempt}`;
}

/** Of a promotion. */
export function promotionEventId(operation: string): string {
  return `${operation}.promoted`;
}
