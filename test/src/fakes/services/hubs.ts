import type { HubRegistry } from '../../../../src/ports/hubRegistry.js';

/** Hubs that know the devices they are given, as `hub/device`. */
export class FakeHubs implements HubRegistry {
  readonly devices = new Set<string>();

  async hasDevice(hub: string, device: string): Promise<boolean> {
    return this.devices.has(`${hub}/${device}`);
  }
}
