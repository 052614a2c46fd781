import type { Plane } from '../plane.js';
import { DeviceLinks } from './deviceLinks.js';
import { identityKey, type HubIdentity, type HubState } from './hubState.js';
import { tellOfConnection } from './hubEvents.js';

/** What a hub calls itself: what devices sign for, and what is in their user names. */
export const HUB_HOST = 'localhost';

/** The one IoT Hub there is: its identities, and which of them are connected. */
export class Hub {
  readonly links: DeviceLinks;
  /** Port of the devices' MQTT endpoint. */
  mqttPort = 0;
  #sequence = 0;

  constructor(
    readonly state: HubState,
    readonly plane: () => Plane,
  ) {
    this.links = new DeviceLinks({
      patience: () => plane().patience,
      changed: (key, isConnected) => this.#connectionChanged(key, isConnected),
    });
  }

  find(deviceId: string, moduleId?: string): HubIdentity | undefined {
    return this.state.identities.get(identityKey({ deviceId, ...(moduleId === undefined ? {} : { moduleId }) }));
  }

  connectionState(identity: HubIdentity): 'Connected' | 'Disconnected' {
    return this.links.isConnected(identityKey(identity)) ? 'Connected' : 'Disconnected';
  }

  /** A device's modules, which go with it. */
  modulesOf(deviceId: string): HubIdentity[] {
    return [...this.state.identities.values()].filter((one) => one.deviceId === deviceId && one.moduleId !== undefined);
  }

  #connectionChanged(key: string, isConnected: boolean): void {
    const identity = this.state.identities.get(key);
    if (!identity) return;
    const plane = this.plane();
    const now = plane.clock.now().toISOString();
    const changed: HubIdentity = { ...identity, connectionStateUpdatedTime: now, lastActivityTime: now };
    this.state.identities.set(changed);
    plane.hubFile.changed();
    this.#sequence += 1;
    tellOfConnection(plane, changed, isConnected, this.#sequence);
  }
}
