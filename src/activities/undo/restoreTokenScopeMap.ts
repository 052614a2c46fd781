import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { goneScopeMap } from '../../domain/offboarding/offboardingPlan.js';
import { done, type StepOutcome, type Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { savedCredentials, type SavedCredential } from '../credentials/laterRun.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

interface RestoreTokenScopeMapInput extends InVault {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  /** The scope map that this app gave the token. */
  readonly ours: string;
  /** The token's scope map before that. */
  readonly earlier: string;
  /**
   * Whether the client is being offboarded: then its secrets may still name this app's map. If not, a main secret that
   * names the map shows that a run succeeded.
   */
  readonly leaves?: boolean;
}

/**
 * Restores a token's earlier scope map, unless somebody else changed the map or a later run saved a credential with it.
 * A deleted map cannot be restored, since its rights are unknown.
 */
export function restoreTokenScopeMap({ controlPlane, vaults }: Ports) {
  return ({
    vaultHost,
    reference,
    run,
    token,
    ours,
    earlier,
    leaves,
  }: RestoreTokenScopeMapInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const { registry } = reference;
      const found = await controlPlane.getToken(registry, token);
      if (!found || sameName(found.scopeMap, earlier)) return done({});
      if (!sameName(found.scopeMap, ours))
        return done({ kept: `token ${token}: kept, because somebody else gave it scope map ${found.scopeMap}` });
      const isGivenSince = (known: SavedCredential) =>
        sameName(known.token, token) &&
        sameName(known.scopeMap, ours) &&
        (known.issued.run > run || (leaves !== true && known.name === mainSecretName(reference)));
      if ((await savedCredentials(vaults.of(vaultHost), reference)).some(isGivenSince))
        return done({ kept: `token ${token}: kept, because a later run gave it scope map ${found.scopeMap}` });
      if (!(await controlPlane.getScopeMap(registry, earlier)))
        return done({ residue: goneScopeMap(token, { scopeMap: earlier, ours: found.scopeMap }) });
      await controlPlane.setTokenScopeMap(registry, token, earlier);
      return done({});
    });
}
