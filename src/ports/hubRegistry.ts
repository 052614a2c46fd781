import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';

/** What a device reports of its keys. */
export interface ReportedKeys {
  /** Host name of the hub, for which the keys must be. */
  readonly host: string;
  /** The property as the device has written it, unverified; undefined if there is none. */
  readonly keys: unknown;
}

/** Reads the identities of IoT Hubs, and what they report. All methods throw ServiceError. */
export interface HubRegistry {
  /** @param hub the hub's name; one that the settings do not name is refused without a call. */
  hasDevice(hub: string, device: string): Promise<boolean>;
  /** Reads the keys that a device or module reports in its twin, which nobody else can write. One call. */
  reportedKeys(target: HubTarget, device: string): Promise<ReportedKeys>;
}
