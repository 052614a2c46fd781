import { clientKey, keyHash, type ClientReference } from '../names/clientKey.js';
import { parseOperationId } from '../names/operationId.js';
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

/**
 * The message as a CloudEvent 1.0, alike on the signal topic and in the answer to a device that asks. Its subject ends in a
 * separator and the hash of the client's key: filters of Event Grid compare beginnings, and by default without case, so that
 * `.../clients/dev-1` alone would also match what dev-10 and DEV-1 are sent, their report keys included.
 */
export function signalEvent({ kind, id, data }: Signal) {
  const { connectedRegistry, client, operation } = data;
  const key = parseOperationId(operation)?.instance ?? operation;
  const subject = `${clientSubject({ connectedRegistry, client })}/${keyHash(key)}`;
  return { specversion: '1.0', type: TYPE[kind], id, source: SOURCE, subject, data } as const;
}

/** What an event is about: the client that a connected registry has under this name. */
export function clientSubject({ connectedRegistry, client }: { connectedRegistry: string; client: string }): string {
  return `connectedRegistries/${connectedRegistry}/clients/${client}`;
}

/** What a device's subscription filters on: the whole subject of its messages, which begins no other. */
export function signalSubject(reference: ClientReference): string {
  return `${clientSubject(reference)}/${keyHash(clientKey(reference))}`;
}

/** Of one attempt's request. */
export function pullCheckEventId(operation: string, attempt: number): string {
  return `${operation}.${attempt}`;
}

/** Of a promotion. */
export function promotionEventId(operation: string): string {
  return `${operation}.promoted`;
}
