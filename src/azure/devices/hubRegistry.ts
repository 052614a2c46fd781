import type { HubRegistry } from '../../ports/hubRegistry.js';
import { isUnknownDevice, type IotHub } from './iotHub.js';

/** Creates the port on the identity registries of the configured IoT Hubs. */
export function createHubRegistry(hub: IotHub): HubRegistry {
  return {
    hasDevice: async (name, device) => {
      try {
        const path = `/devices/${encodeURIComponent(device)}`;
        await hub(name, { method: 'GET', path, operation: 'read device', resource: device });
        return true;
      } catch (error) {
        if (isUnknownDevice(error)) return false;
        throw error;
      }
    },
  };
}
