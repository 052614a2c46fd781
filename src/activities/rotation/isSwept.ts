import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import type { Ports } from '../../ports/ports.js';
import { parseClientSecret } from '../../queries/clients/knownClients.js';

/** Settings that decide whether sweeps cover a client. */
export type SweepSettings = Pick<Config, 'registries' | 'rotationSweepIsOff'>;

interface IsSweptInput extends InVault {
  readonly reference: ClientReference;
}

/** Whether sweeps cover a client: they read the enabled main secrets of the configured registries. */
export function isSwept({ vaults }: Pick<Ports, 'vaults'>, config: SweepSettings) {
  return ({ vaultHost, reference }: IsSweptInput): Promise<StepOutcome<{ readonly isSwept: boolean }>> =>
    outcomeOf(async () => {
      if (config.rotationSweepIsOff || !findRegistry(config, reference.registry)) return done({ isSwept: false });
      const found = await vaults.of(vaultHost).newest(mainSecretName(reference));
      return done({ isSwept: found !== undefined && parseClientSecret(found)?.isEnabled === true });
    });
}
