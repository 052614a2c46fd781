import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { MANAGED_BY, type Tags } from '@connected-registry/protocol/names/secretTags';
import { PullFailure } from '../pullFailure.js';

/** The client that a message says a secret is of. */
export type SecretOwner = Pick<ClientReference, 'client' | 'connectedRegistry'>;

/**
 * Throws `secret-invalid` where a secret is another client's by the tags that the app gives each of its secrets
 * (packages/protocol/src/names/secretTags.ts): a message that names another's secret is not its client's. A secret without them was put into the
 * vault by hand, and is taken by its name. Names of connected registries have no case in ARM, device ids do in IoT Hub.
 */
export function requireOwner(tags: Tags | undefined, { client, connectedRegistry }: SecretOwner): void {
  if (tags?.['managedBy'] !== MANAGED_BY) return;
  const isSame =
    tags['client'] === client && tags['connectedRegistry']?.toLowerCase() === connectedRegistry.toLowerCase();
  if (!isSame) throw new PullFailure('secret-invalid', 'the secret is of another client than the message');
}
