import type { Config } from '../settings/config.js';
import type { NewsHints } from '../ports/newsHints.js';
import type { Ports } from '../ports/ports.js';
import { createArmReadAccess } from './access/armReadAccess.js';
import { createArmControlPlane } from './arm/armControlPlane.js';
import type { Turns } from './budget/turns.js';
import { armCredentials } from './identity/armCredentials.js';
import { createCredential } from './identity/credential.js';
import { createDeviceChannels } from './devices/deviceChannels.js';
import { createHubRegistry } from './devices/hubRegistry.js';
import { createIotHub } from './devices/iotHub.js';
import { createEventGridAlerts } from './devices/eventGridAlerts.js';
import { createOwnIdentity } from './identity/ownIdentity.js';
import { createSealedSecrets } from './sealedSecrets.js';
import { createVaults } from './vaults.js';

/**
 * Creates the ports on Azure's services. SDKs are loaded and services called on first use.
 *
 * @param turns gives each request to a service with limits its token.
 * @param hints notified of messages for devices that poll.
 */
export function createAzurePorts(config: Config, turns: Turns, hints: NewsHints): Ports {
  const credential = createCredential(config.identity);
  const credentialOf = armCredentials(config, credential);
  const hub = createIotHub(config, credential, turns);
  return {
    controlPlane: createArmControlPlane(config, credentialOf, turns),
    vaults: createVaults(config, credential, turns),
    sealed: createSealedSecrets(config.vaults, credential, turns),
    devices: createDeviceChannels(config, credential, hub, turns, hints),
    hubs: createHubRegistry(hub),
    alerts: createEventGridAlerts(config.signalTopic, credential, turns),
    access: createArmReadAccess(config, credentialOf, turns),
    self: createOwnIdentity(config, credentialOf, turns),
  };
}
