import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';
import type { HubRegistry, ReportedKeys } from '../../../../src/ports/hubRegistry.js';

/** Hubs that know the devices they are given, as `hub/device`, and what these report of their keys. */
export class FakeHubs implements HubRegistry {
  readonly devices = new Set<string>();
  readonly reported = new Map<string, unknown>();

  async hasDevice(hub: string, device: string): Promise<boolean> {
    return this.devices.has(`${hub}/${device}`);
  }

  async reportedKeys({ hub }: HubTarget, device: string): Promise<ReportedKeys> {
    return { host: `${hub}.example`, keys: this.reported.get(`${hub}/${device}`) };
  }
}
