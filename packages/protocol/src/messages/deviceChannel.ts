/** An identity of an IoT Hub. The hub is named as in IOT_HUBS; without a module it is the device itself. */
export interface HubTarget {
  readonly hub: string;
  readonly module?: string;
}

/**
 * How a client's device receives messages: by an event of the signal topic, through its IoT Hub, in clear (`iotHub`) or
 * sealed to keys for which the hub vouches (`hub`), or by polling.
 */
export type DeviceChannelChoice =
  | { readonly kind: 'eventGrid' }
  | ({ readonly kind: 'iotHub' } & HubTarget)
  | ({ readonly kind: 'hub' } & HubTarget)
  | { readonly kind: 'poll' };

/** A channel on which messages are sent as they are. */
export type OpenChannel = Exclude<DeviceChannelChoice, { readonly kind: 'hub' }>;

/** The channels that a profile names; `iotHub` with `sealed` is the channel `hub`. */
export const CHANNEL_KINDS = ['eventGrid', 'iotHub', 'poll'] as const satisfies DeviceChannelChoice['kind'][];

/** The channel of clients without a profile that names one. */
export const DEFAULT_CHANNEL: OpenChannel = { kind: 'eventGrid' };
