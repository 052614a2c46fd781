import type { Clock } from '@connected-registry/clock/clock';
import { DeviceLinks } from './deviceLinks.js';
import { identityKey, type HubIdentity, type HubState } from './hubState.js';

/** The hub's host name: devices sign for it and have it in their user names. */
export const HUB_HOST = 'localhost';

/** What the hub uses of the plane. */
export interface HubParts {
  clock: Clock;
  /** Real time, for callers of direct methods that wait for a device. */
  waitClock: Clock;
  /**
   * Called after a device or module connected or disconnected and its identity was updated.
   *
   * @param sequence rises by one with each call
   */
  connectionChanged(identity: HubIdentity, isConnected: boolean, sequence: number): void;
}

/** The simulated IoT Hub: its identities, and which of them are connected. */
export class Hub {
  readonly links: DeviceLinks;
  /** Port of the devices' MQTT endpoint. */
  mqttPort = 0;
  readonly #parts: HubParts;
  #sequence = 0;

  constructor(
    readonly state: HubState,
    parts: HubParts,
  ) {
    this.#parts = parts;
    this.links = new DeviceLinks({
      waitClock: parts.waitClock,
      changed: (key, isConnected) => this.#connectionChanged(key, isConnected),
    });
  }

  find(deviceId: string, moduleId?: string): HubIdentity | undefined {
    return this.state.identities.get(identityKey({ deviceId, ...(moduleId === undefined ? {} : { moduleId }) }));
  }

  connectionState(identity: HubIdentity): 'Connected' | 'Disconnected' {
    return this.links.isConnected(identityKey(identity)) ? 'Connected' : 'Disconnected';
  }

  /** A device's modules, which are deleted with it. */
  modulesOf(deviceId: string): HubIdentity[] {
    return [...this.state.identities.values()].filter((one) => one.deviceId === deviceId && one.moduleId !== undefined);
  }

  #connectionChanged(key: string, isConnected: boolean): void {
    const identity = this.state.identities.get(key);
    if (!identity) return;
    const now = this.#parts.clock.now().toISOString();
    const changed: HubIdentity = { ...identity, connectionStateUpdatedTime: now, lastActivityTime: now };
    this.state.identities.set(changed);
    this.#sequence += 1;
    this.#parts.connectionChanged(changed, isConnected, this.#sequence);
  }
}
