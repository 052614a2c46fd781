import type { ReadAccess } from './readAccess.js';
import type { DeviceChannel } from './deviceChannel.js';
import type { HubRegistry } from './hubRegistry.js';
import type { OperatorAlerts } from './operatorAlerts.js';
import type { OwnIdentity } from './ownIdentity.js';
import type { RegistryControlPlane } from './registryControlPlane.js';
import type { SealedSecrets } from './sealedSecrets.js';
import type { Vaults } from './vaults.js';

/** Everything that the app needs from outside its process. */
export interface Ports {
  readonly controlPlane: RegistryControlPlane;
  readonly vaults: Vaults;
  readonly sealed: SealedSecrets;
  readonly devices: DeviceChannel;
  readonly hubs: HubRegistry;
  readonly alerts: OperatorAlerts;
  readonly self: OwnIdentity;
  readonly access: ReadAccess;
}
