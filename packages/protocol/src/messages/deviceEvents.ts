import { z } from 'zod';
import { NAME_RULES } from '../names/names.js';

/** Types of a hub's events that mean something here. Source: Azure docs, event-grid/event-schema-iot-hub. */
export const DEVICE_CREATED = 'Microsoft.Devices.DeviceCreated';
export const DEVICE_DELETED = 'Microsoft.Devices.DeviceDeleted';

/** Their data. The twin beside it holds nothing that the app needs. */
export const deviceEventData = z.looseObject({
  hubName: z.string().regex(/^[A-Za-z0-9-]{3,50}$/, 'is not the name of a hub'),
  deviceId: z.string().regex(NAME_RULES.client, 'is not a device id'),
  /** An event with one is about a module, which comes and goes without its device. An empty one is none, as samples have it. */
  moduleId: z
    .string()
    .nullish()
    .transform((id) => (id ? id : undefined)),
});
