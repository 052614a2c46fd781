import type { Config } from '../config.js';
import type { Ports } from '../ports/ports.js';
import { createArmControlPlane } from './armControlPlane.js';
import { createCredential } from './credential.js';
import { createEventGridChannel } from './eventGridChannel.js';
import { createKeyVault } from './keyVault.js';

/** The ports on Azure's services. Nothing is loaded and nobody is called before the first use. */
export function createAzurePorts(config: Config): Ports {
  const credential = createCredential(config.identity);
  return {
    controlPlane: createArmControlPlane(config, credential),
    vault: createKeyVault(config.vault, credential),
    devices: createEventGridChannel(config.signalTopic, credential),
  };
}
