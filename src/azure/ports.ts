import type { Config } from '../config.js';
import type { Ports } from '../ports/ports.js';
import { createArmControlPlane } from './armControlPlane.js';
import { createCredential } from './credential.js';
import { createDeviceChannels } from './deviceChannels.js';
import { createHubRegistry } from './hubRegistry.js';
import { createIotHub } from './iotHub.js';
import { createEventGridAlerts } from './eventGridAlerts.js';
import { createOwnIdentity } from './ownIdentity.js';
import { createKeyVault } from './keyVault.js';

/** The ports on Azure's services. Nothing is loaded and nobody is called before the first use. */
export function createAzurePorts(config: Config): Ports {
  const credential = createCredential(config.identity);
  const hub = createIotHub(config, credential);
  return {
    controlPlane: createArmControlPlane(config, credential),
    vault: createKeyVault(config.vault, credential),
    devices: createDeviceChannels(config, credential, hub),
    hubs: createHubRegistry(hub),
    alerts: createEventGridAlerts(config.signalTopic, credential),
    self: createOwnIdentity(config, credential),
  };
}
