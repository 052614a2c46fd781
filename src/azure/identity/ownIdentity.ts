import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import type { OwnIdentity } from '../../ports/ownIdentity.js';
import { isGuid } from '../../serviceErrors/serviceFacts.js';
import { lazily } from '../calls/lazily.js';
import { calling } from '../calls/serviceErrors.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/**
 * Creates the port on the app's own identity. A managed identity does not know its ids, so they are read from its token for
 * Resource Manager. Source: Azure docs, identity-platform/access-token-claims-reference.
 */
export function createOwnIdentity(config: Pick<Config, 'arm' | 'identity'>, credential: TokenCredential): OwnIdentity {
  const names = lazily(async () => {
    const token = await calling('get access token for', config.arm.audience, () =>
      credential.getToken(`${config.arm.audience}/.default`),
    );
    const { clientId } = config.identity;
    const claims = claimsOf(token?.token ?? '');
    // Entra's ids are GUIDs. They are shown to operators; no other text of a token is.
    const said = [claims['appid'], claims['oid']].filter((id) => isGuid(id));
    return [clientId, ...said].flatMap((name) => (typeof name === 'string' && name !== '' ? [name.toLowerCase()] : []));
  });
  return { names };
}

/** Reads a token's claims; empty for an unreadable token, since Microsoft guarantees no format. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return typeof claims === 'object' && claims !== null ? { ...claims } : {};
}
