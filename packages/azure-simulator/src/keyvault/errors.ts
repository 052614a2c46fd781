import { RefusedRequest } from '../http/message.js';

/** Key Vault's error envelope (Azure docs: key-vault "Authentication, requests, and responses", REST error codes). */
export function vaultError(status: number, code: string, message: string, inner?: string): RefusedRequest {
  return new RefusedRequest({
    status,
    body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
  });
}

const RECOVER_HINT =
  'If you recently deleted this secret you may be able to recover it using the correct recovery command. ' +
  'For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182';

export function secretNotFound(nameOrId: string): RefusedRequest {
  return vaultError(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${nameOrId} was not found in this key vault. ${RECOVER_HINT}`,
  );
}

export function deletedSecretNotFound(name: string): RefusedRequest {
  return vaultError(404, 'SecretNotFound', `Deleted Secret not found: ${name}`);
}

/** The name of a deleted secret cannot be reused (Azure docs: key-vault soft-delete-overview). */
export function nameIsDeleted(name: string): RefusedRequest {
  return vaultError(
    409,
    'Conflict',
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, ` +
      'the secret can only be recovered or purged.',
    'ObjectIsDeletedButRecoverable',
  );
}

export function secretDisabled(): RefusedRequest {
  return vaultError(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
}

export function badParameter(message: string): RefusedRequest {
  return vaultError(400, 'BadParameter', message);
}

/** A deletion takes some seconds, during which the secret cannot be used (recorded). */
export function isDeleting(name: string): RefusedRequest {
  return vaultError(409, 'Conflict', `Secret ${name} is currently being deleted.`, 'ObjectIsBeingDeleted');
}

/** Only deleted secrets can be recovered (recorded). */
export function notDeleted(name: string): RefusedRequest {
  return vaultError(400, 'MethodNotAllowed', `Operation "recover" is not allowed: ${name} is not deleted.`);
}
