import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import { createCredential } from './credential.js';

/** Gives the credential of a principal. */
export type CredentialOf = (principal: string) => TokenCredential;

/**
 * Creates the credentials of the app's identities: one for each, so that an audience's token is requested once for
 * each.
 *
 * @param own the credential of the app's own identity, which other services use too.
 */
export function armCredentials(
  { arm, identity }: Pick<Config, 'arm' | 'identity'>,
  own: TokenCredential,
): CredentialOf {
  const further = new Map(arm.identities.map((clientId) => [clientId, createCredential({ ...identity, clientId })]));
  return (principal) => further.get(principal) ?? own;
}
