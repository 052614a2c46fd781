import { z } from 'zod';
import { HUB_KEYS } from '@connected-registry/protocol/enrolment/hubKeys';
import type { HubRegistry } from '../../ports/hubRegistry.js';
import { isUnknownDevice, twinPath, type IotHub } from './iotHub.js';

/** The part of a twin that matters here. A section of another form has no keys. */
const twin = z.looseObject({
  properties: z.looseObject({
    reported: z.looseObject({ [HUB_KEYS.section]: z.record(z.string(), z.unknown()).optional().catch(undefined) }),
  }),
});

/** Creates the port on the identity registries and twins of the configured IoT Hubs. */
export function createHubRegistry({ call, hostOf }: IotHub): HubRegistry {
  return {
    hasDevice: async (name, device) => {
      try {
        const path = `/devices/${encodeURIComponent(device)}`;
        await call(name, { method: 'GET', path, operation: 'read device', resource: device });
        return true;
      } catch (error) {
        if (isUnknownDevice(error)) return false;
        throw error;
      }
    },
    reportedKeys: async (target, device) => {
      const path = twinPath(device, target);
      const answer = await call(target.hub, { method: 'GET', path, operation: 'read twin of', resource: device });
      const section = twin.safeParse(answer).data?.properties.reported[HUB_KEYS.section];
      return { host: hostOf(target.hub), keys: section?.[HUB_KEYS.property] };
    },
  };
}
