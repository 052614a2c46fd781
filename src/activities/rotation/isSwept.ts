import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Ports } from '../../ports/ports.js';
import { clientSecret } from '../../queries/clients/knownClients.js';

/** Settings that decide whether sweeps cover a client. */
export type SweepSettings = Pick<Config, 'registries' | 'rotationSweepIsOff'>;

/** Whether sweeps cover a client: they read the enabled main secrets of the configured registries. */
export function isSwept({ vault }: Pick<Ports, 'vault'>, config: SweepSettings) {
  return ({
    reference,
  }: {
    readonly reference: ClientReference;
  }): Promise<StepOutcome<{ readonly isSwept: boolean }>> =>
    outcomeOf(async () => {
      if (config.rotationSweepIsOff || !findRegistry(config, reference.registry)) return done({ isSwept: false });
      const found = await vault.newest(mainSecretName(reference));
      return done({ isSwept: found !== undefined && clientSecret(found)?.isEnabled === true });
    });
}
