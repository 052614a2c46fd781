import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { madeSince } from '../../domain/tokens/madeSince.js';
import { done, type StepOutcome, type Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { deleteUnlessBound } from './deleteUnlessBound.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { savedSince } from '../credentials/laterRun.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

interface RemoveTokenInput extends InVault {
  /** The client, whose connected registry may list the token. */
  readonly reference: ClientReference;
  readonly token: string;
  readonly run: string;
  readonly scopeMap: string;
  /** The run's preflight time (ISO 8601). An older token is not its own. */
  readonly since: string;
}

interface RemovedToken extends Undone {
  /** True if it was not deleted because a client list holds it: it must be unbound again. */
  readonly isBound?: boolean;
}

/**
 * Disables and deletes the token that this run created. It is disabled first, so that it is useless if the deletion
 * fails. A token for which a later run saved a password is kept.
 */
export function removeToken({ controlPlane, vaults }: Ports) {
  return ({
    vaultHost,
    reference,
    run,
    token,
    scopeMap,
    since,
  }: RemoveTokenInput): Promise<StepOutcome<RemovedToken>> =>
    outcomeOf(async () => {
      const { registry, connectedRegistry } = reference;
      const found = await controlPlane.getToken(registry, token);
      if (!found) return done({});
      if (!madeSince(found.createdAt, since))
        return done({ kept: `token ${token}: kept, because it existed before this run` });
      if (!sameName(found.scopeMap, scopeMap))
        return done({ kept: `token ${token}: kept, because somebody else gave it scope map ${found.scopeMap}` });
      if ((await savedSince(vaults.of(vaultHost), reference, run)).some((known) => sameName(known.token, token)))
        return done({ kept: `token ${token}: kept, because a later run issued a password for it` });
      if (found.isEnabled !== false) await controlPlane.disableToken(registry, token);
      return done(
        (await deleteUnlessBound({ controlPlane }, { registry, connectedRegistry, token })) ? {} : { isBound: true },
      );
    });
}
