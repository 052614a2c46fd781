import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { MANAGED_BY, type Tags } from '@connected-registry/protocol/names/secretTags';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { PullFailure } from '../pullFailure.js';

/** The client that a secret belongs to, according to a message. */
export type SecretOwner = Pick<ClientReference, 'client' | 'connectedRegistry'>;

/**
 * Verifies by the tags that the app writes (packages/protocol/src/names/secretTags.ts) that a secret belongs to the
 * client. A secret without tags was stored by hand, and is accepted by its name. Names of connected registries ignore
 * case in ARM; device ids in IoT Hub do not.
 * @throws PullFailure `secret-invalid` if the secret belongs to another client
 */
export function requireOwner(tags: Tags | undefined, { client, connectedRegistry }: SecretOwner): void {
  if (tags?.['managedBy'] !== MANAGED_BY) return;
  const isSame = tags['client'] === client && sameName(tags['connectedRegistry'], connectedRegistry);
  if (!isSame) throw new PullFailure('secret-invalid', 'the secret belongs to another client than the message');
}
