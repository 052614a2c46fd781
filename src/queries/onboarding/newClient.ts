import { candidateSecretName, defaultTokenName, mainSecretName } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import type { TokenUsers } from '../clients/tokenUsers.js';
import type { FoundToken, Look } from '../registry/look.js';
import type { SharedReads } from '../registry/sharedReads.js';

/*
 * Most clients of a fleet are new: neither a token nor a secret of theirs exists. For them many share what was read a
 * moment ago (docs/decisions/0042-how-old-a-fact-may-be.md).
 */

/** Whether the vault's listing lacks the client's secrets. A listing that cannot be read says nothing. */
export async function lackSecrets(tokenUsers: TokenUsers, onboarding: Onboarding): Promise<boolean> {
  try {
    return await tokenUsers.lackSecrets([mainSecretName(onboarding), candidateSecretName(onboarding)]);
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

/**
 * Reads what the registry has for the request. For a token that seems not to exist, the facts may be five seconds old:
 * each step that follows checks what it relies on. Otherwise they are read now.
 *
 * @param isKnown whether the client may have the token already.
 */
export async function readCloud(look: Look, reads: SharedReads, onboarding: Onboarding, isKnown: boolean) {
  const { registry } = onboarding;
  const looked = isKnown ? 'listed' : await findToken(look, reads, onboarding);
  const isNew = looked === 'absent';
  const readConnectedRegistry = async () => {
    const { connectedRegistry: name } = onboarding;
    const found = await (isNew
      ? look.recentConnectedRegistry(registry, name)
      : reads.connectedRegistry(registry, name));
    const syncScope = found?.syncToken ? await look.syncScope(registry, found.syncToken) : undefined;
    return { connectedRegistry: found, syncScope };
  };
  const [connected, scopeMap, token] = await Promise.all([
    readConnectedRegistry(),
    isNew ? look.recentScopeMap(registry, onboarding.scopeMap) : reads.scopeMap(registry, onboarding.scopeMap),
    looked === 'listed' ? reads.token(registry, onboarding.token) : isNew ? undefined : looked,
  ]);
  return { ...connected, scopeMap, token };
}

/**
 * Finds the token. One whose name the request chose is read now, since somebody else may have created it just before.
 */
async function findToken(look: Look, reads: SharedReads, onboarding: Onboarding): Promise<FoundToken> {
  const { registry, token } = onboarding;
  if (sameName(token, defaultTokenName(onboarding))) return look.findToken(registry, token);
  return (await reads.token(registry, token)) ?? 'absent';
}
