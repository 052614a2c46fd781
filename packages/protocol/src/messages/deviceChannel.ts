/**
 * How a client's device is told of something: by an event of the signal topic, by its IoT Hub, or not at all, since it
 * asks by itself. The hub is named as IOT_HUBS names it; without a module the device itself is called.
 */
export type DeviceChannelChoice =
  | { readonly kind: 'eventGrid' }
  | { readonly kind: 'iotHub'; readonly hub: string; readonly module?: string }
  | { readonly kind: 'poll' };

export const CHANNEL_KINDS = ['eventGrid', 'iotHub', 'poll'] as const satisfies DeviceChannelChoice['kind'][];

/** Of a client that no profile says anything else about. */
export const DEFAULT_CHANNEL: DeviceChannelChoice = { kind: 'eventGrid' };
