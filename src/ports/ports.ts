import type { DeviceChannel } from './deviceChannel.js';
import type { HubRegistry } from './hubRegistry.js';
import type { OperatorAlerts } from './operatorAlerts.js';
import type { OwnIdentity } from './ownIdentity.js';
import type { RegistryControlPlane } from './registryControlPlane.js';
import type { SealedSecrets } from './sealedSecrets.js';
import type { SecretVault } from './secretVault.js';

/** Everything that the app needs from outside its process. */
export interface Ports {
  readonly controlPlane: RegistryControlPlane;
  readonly vault: SecretVault;
  readonly sealed: SealedSecrets;
  readonly devices: DeviceChannel;
  readonly hubs: HubRegistry;
  readonly alerts: OperatorAlerts;
  readonly self: OwnIdentity;
}
