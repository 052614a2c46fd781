import { clientKey, keyHash, type ClientReference } from '../names/clientKey.js';
import { parseOperationId } from '../names/operationId.js';
import {
  CREDENTIAL_PROMOTED,
  PULL_CHECK_REQUESTED,
  type CredentialPromoted,
  type PullCheckRequested,
} from './pullCheckMessages.js';

/** CloudEvents source of all messages to devices and operators. */
export const SOURCE = '/connected-registry-onboarding';

/** A message to a device, with an id that stays the same when it is repeated. */
export type Signal =
  | { readonly kind: 'pullCheckRequested'; readonly id: string; readonly data: PullCheckRequested }
  | { readonly kind: 'credentialPromoted'; readonly id: string; readonly data: CredentialPromoted };

const TYPE = { pullCheckRequested: PULL_CHECK_REQUESTED, credentialPromoted: CREDENTIAL_PROMOTED } as const;

/**
 * Converts a message to a CloudEvent 1.0, which is the same on the signal topic and in the answer to a device that
 * polls. Its subject ends in a separator and the hash of the client's key: Event Grid filters compare prefixes, by
 * default without case, so that `.../clients/dev-1` alone would also match messages to dev-10 and DEV-1, including
 * their report keys.
 */
export function signalEvent({ kind, id, data }: Signal) {
  const { connectedRegistry, client, operation } = data;
  const key = parseOperationId(operation)?.instance ?? operation;
  const subject = `${clientSubject({ connectedRegistry, client })}/${keyHash(key)}`;
  return { specversion: '1.0', type: TYPE[kind], id, source: SOURCE, subject, data } as const;
}

/** The subject of an event about a client of a connected registry. */
export function clientSubject({ connectedRegistry, client }: { connectedRegistry: string; client: string }): string {
  return `connectedRegistries/${connectedRegistry}/clients/${client}`;
}

/** The filter of a device's subscription: the whole subject of its messages, which is a prefix of no other subject. */
export function signalSubject(reference: ClientReference): string {
  return `${clientSubject(reference)}/${keyHash(clientKey(reference))}`;
}

/** The id of the request of one attempt. */
export function pullCheckEventId(operation: string, attempt: number): string {
  return `${operation}.${attempt}`;
}

/** The id of a promotion. */
export function promotionEventId(operation: string): string {
  return `${operation}.promoted`;
}
