/** Reads the device identities of IoT Hubs. All methods throw ServiceError. */
export interface HubRegistry {
  /** @param hub the hub's name; one that the settings do not name is refused without a call. */
  hasDevice(hub: string, device: string): Promise<boolean>;
}
