import { z } from 'zod';
import { NAME_RULES } from '../names/names.js';

/** IoT Hub event types that the app handles. Source: Azure docs, event-grid/event-schema-iot-hub. */
export const DEVICE_CREATED = 'Microsoft.Devices.DeviceCreated';
export const DEVICE_DELETED = 'Microsoft.Devices.DeviceDeleted';

/** Their data. The app does not need the twin that is also in them. */
export const deviceEventData = z.looseObject({
  hubName: z.string().regex(/^[A-Za-z0-9-]{3,50}$/, 'is not the name of a hub'),
  deviceId: z.string().regex(NAME_RULES.client, 'is not a device id'),
  /**
   * Present in events about a module, which is created and deleted independently of its device. Samples have an empty
   * one, which counts as absent.
   */
  moduleId: z
    .string()
    .nullish()
    .transform((id) => (id ? id : undefined)),
});
