import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { deletedBundle, secretBundle } from './bundles.js';
import { deletedSecretNotFound, isDeleting, nameIsDeleted, notDeleted, secretNotFound, vaultError } from './errors.js';
import { purgeOverdue, unixSeconds } from './retention.js';
import { pageReply } from './pages.js';
import { newest, type DeletedSecret } from './vaultState.js';
import { vaultRoute } from './vaultRoute.js';

/**
 * Routes of soft delete: the name of a deleted secret is reserved until it is recovered or purged, or its retention
 * ends.
 */
export function deletedSecretRoutes(plane: Plane): Route[] {
  return [
    vaultRoute(plane, 'DELETE', '/secrets/{name}', 'delete', 'deleteSecret', (call) => remove(plane, call)),
    vaultRoute(plane, 'GET', '/deletedsecrets', 'readMetadata', 'listDeletedSecrets', (call) => {
      purgeOverdue(plane);
      const there = [...plane.vault.deleted.values()].filter(({ name }) => !isBeingDeleted(plane, name));
      return pageReply(plane, call, there, (secret) => deletedBundle(plane, call, secret, 'item'));
    }),
    vaultRoute(plane, 'GET', '/deletedsecrets/{name}', 'readMetadata', 'getDeletedSecret', (call) => ({
      status: 200,
      body: deletedBundle(plane, call, find(plane, call), 'bundle'),
    })),
    vaultRoute(plane, 'POST', '/deletedsecrets/{name}/recover', 'recover', 'recoverDeletedSecret', (call) =>
      recover(plane, call),
    ),
    vaultRoute(plane, 'DELETE', '/deletedsecrets/{name}', 'purge', 'purgeDeletedSecret', (call) => purge(plane, call)),
  ];
}

function remove(plane: Plane, call: Call): ApiReply {
  const name = call.params['name'] ?? '';
  const secret = plane.vault.secrets.get(name);
  if (!secret) throw secretNotFound(name);
  const now = unixSeconds(plane);
  const deleted: DeletedSecret = {
    ...secret,
    deletedDate: now,
    scheduledPurgeDate: now + plane.settings.recoverableDays * 86_400,
  };
  plane.vault.secrets.delete(name);
  plane.vault.deleted.set(deleted);
  // Recorded: for some seconds the secret is not in the list of deleted secrets and cannot be recovered.
  plane.operations.start({
    path: `vault-deletion/${name}`,
    resource: deletionOf(name),
    kind: 'secretDelete',
    busy: 'Deleting',
    by: 'Location',
    result: { status: 200 },
  });
  return { status: 200, body: deletedBundle(plane, call, deleted, 'bundle') };
}

function deletionOf(name: string): string {
  return `vault-deletion/${name.toLowerCase()}`;
}

function isBeingDeleted(plane: Plane, name: string): boolean {
  return plane.operations.provisioningState(deletionOf(name)) !== 'Succeeded';
}

/**
 * The name of a deleted secret cannot be reused. At first it is being deleted, which took no noticeable time in seven
 * of twelve recordings, and up to fifty seconds in the others. In the quick pace it is immediate.
 */
export function nameIsTaken(plane: Plane, name: string): Error {
  return plane.settings.pace === 'azure' && isBeingDeleted(plane, name) ? isDeleting(name) : nameIsDeleted(name);
}

function recover(plane: Plane, call: Call): ApiReply {
  const live = call.params['name'] ?? '';
  if (plane.vault.secrets.get(live)) throw notDeleted(live);
  const { name, versions } = find(plane, call);
  if (isBeingDeleted(plane, name)) throw isDeleting(name);
  const secret = { name, versions };
  plane.vault.deleted.delete(name);
  plane.vault.secrets.set(secret);
  plane.secretChanged(secret);
  return { status: 200, body: secretBundle(plane, call, secret, newest(secret), false) };
}

function purge(plane: Plane, call: Call): ApiReply {
  const secret = find(plane, call);
  if (plane.settings.purgeProtection) {
    throw vaultError(
      403,
      'Forbidden',
      'Operation "purge" is not allowed because purge protection is enabled for this vault.',
      'ForbiddenByPolicy',
    );
  }
  plane.vault.deleted.delete(secret.name);
  plane.vaultFile.rewrite();
  return { status: 204 };
}

function find(plane: Plane, call: Call): DeletedSecret {
  purgeOverdue(plane);
  const name = call.params['name'] ?? '';
  const secret = plane.vault.deleted.get(name);
  if (!secret) throw deletedSecretNotFound(name);
  return secret;
}
