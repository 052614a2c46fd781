/** What the app asks IoT Hubs about devices. Throws ServiceError. */
export interface HubRegistry {
  /** @param hub its name; one that is not configured is refused without a call. */
  hasDevice(hub: string, device: string): Promise<boolean>;
}
