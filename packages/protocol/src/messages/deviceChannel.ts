/**
 * How a client's device receives messages: by an event of the signal topic, through its IoT Hub, or by polling. The hub
 * is named as in IOT_HUBS; without a module the message goes to the device itself.
 */
export type DeviceChannelChoice =
  | { readonly kind: 'eventGrid' }
  | { readonly kind: 'iotHub'; readonly hub: string; readonly module?: string }
  | { readonly kind: 'poll' };

export const CHANNEL_KINDS = ['eventGrid', 'iotHub', 'poll'] as const satisfies DeviceChannelChoice['kind'][];

/** The channel of clients without a profile that names one. */
export const DEFAULT_CHANNEL: DeviceChannelChoice = { kind: 'eventGrid' };
