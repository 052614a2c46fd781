import { createHash } from 'node:crypto';
import { KEY_VAULT_SECRETS_USER } from './secretsUser.js';

/**
 * Namespace of Resource Manager's template function guid(). A test compares with the names that the Bicep CLI computes.
 */
const NAMESPACE = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex');

/** The value of the template function guid(): a UUID of version 5 (RFC 9562) of the texts, joined by hyphens. */
export function templateGuid(...texts: readonly string[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(texts.join('-')).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * Name of the role assignment that lets a principal read a secret: the name that infra/device-access.bicep gives it, so
 * that both ways end in one assignment.
 * @param vault the vault's resource id, spelled as Resource Manager spells it
 */
export function assignmentName(vault: string, secret: string, principalId: string): string {
  return templateGuid(vault, secret, principalId, KEY_VAULT_SECRETS_USER);
}
