import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import type { OwnIdentity } from '../../ports/ownIdentity.js';
import { isGuid } from '../../serviceErrors/serviceFacts.js';
import type { Turns } from '../budget/turns.js';
import { lazily } from '../calls/lazily.js';
import { calling } from '../calls/serviceErrors.js';
import type { CredentialOf } from './armCredentials.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/**
 * Creates the port on the app's own identities. A managed identity does not know its ids, so they are read from its
 * token for Resource Manager. Source: Azure docs, identity-platform/access-token-claims-reference.
 */
export function createOwnIdentity(
  config: Pick<Config, 'arm' | 'identity'>,
  credentialOf: CredentialOf,
  turns: Turns,
): OwnIdentity {
  const { audience } = config.arm;
  const principals = armPrincipals(config);
  const [own] = principals;

  async function read(principal: string): Promise<string[]> {
    const token = await calling('get access token for', audience, () =>
      credentialOf(principal).getToken(`${audience}/.default`),
    );
    const clientId = principal === own ? config.identity.clientId : principal;
    const claims = claimsOf(token?.token ?? '');
    // Entra's ids are GUIDs. They are shown to operators; no other text of a token is.
    const said = [claims['appid'], claims['oid']].filter((id) => isGuid(id));
    return [clientId, ...said].flatMap((name) => (typeof name === 'string' && name !== '' ? [name.toLowerCase()] : []));
  }

  const names = new Map(principals.map((principal) => [principal, lazily(() => read(principal))]));
  const namesOf = async (principal: string): Promise<readonly string[]> => (await names.get(principal)?.()) ?? [];
  return {
    names: async () => (await Promise.all(principals.map(namesOf))).flat(),
    namesOf,
    as: (principal, work) => turns.as(principal, work),
  };
}

/** Reads a token's claims; empty for an unreadable token, since Microsoft guarantees no format. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return typeof claims === 'object' && claims !== null ? { ...claims } : {};
}
