import { ManualClock } from '../../../../test/shared/manualClock.js';
import { Cloud, type RawReply } from '../../../../test/shared/cloud.js';
import { until } from '../../../../test/shared/until.js';
import { HubDevice } from '../under-test/hubDevice.js';

/** Topics to which devices subscribe. */
export const METHODS = '$iothub/methods/POST/#';
export const TWIN = '$iothub/twin/res/#';
export const DESIRED = '$iothub/twin/PATCH/properties/desired/#';

/** A control plane on manual clocks, and the devices that are connected to its IoT Hub. */
export class HubUnderTest {
  readonly #devices: HubDevice[] = [];

  private constructor(
    readonly cloud: Cloud,
    /** The clock of the services. */
    readonly clock: ManualClock,
    /** The clock of calls that wait for a device or for its answer. */
    readonly waitClock: ManualClock,
  ) {}

  static async start(): Promise<HubUnderTest> {
    const [clock, waitClock] = [new ManualClock(), new ManualClock()];
    return new HubUnderTest(await Cloud.start({ clock, waitClock }), clock, waitClock);
  }

  async stop(): Promise<void> {
    for (const device of this.#devices.splice(0)) await device.end();
    await this.cloud.end();
  }

  /** Disconnects the device at the end of the test. @returns the device */
  keep(device: HubDevice): HubDevice {
    this.#devices.push(device);
    return device;
  }

  /** Creates a device and connects it. */
  async connect(id: string): Promise<HubDevice> {
    return this.keep(await HubDevice.create(this.cloud, id));
  }

  /** Creates a device. @returns its first key */
  async createKey(id: string): Promise<string> {
    return keyIn((await this.cloud.hub('PUT', `/devices/${id}`, { deviceId: id })).body);
  }

  /** The key of an existing device. */
  async keyOf(id: string, which: 'primaryKey' | 'secondaryKey' = 'primaryKey'): Promise<string> {
    return keyIn((await this.cloud.hub('GET', `/devices/${id}`)).body, which);
  }

  /** Calls a direct method as the app. */
  invoke(id: string, body: object): Promise<RawReply> {
    return this.cloud.hub('POST', `/twins/${id}/methods`, { methodName: 'pullCheck', ...body }, { as: 'app' });
  }

  /** Resolves when a call waits for its device or for an answer. */
  async untilCallWaits(): Promise<void> {
    await until(
      () => this.waitClock.pending(),
      ({ length }) => length > 0,
      'a call waits',
      { seconds: 60, pause: 1 },
    );
  }
}

/** The key in the identity of a device or module. */
export function keyIn(identity: unknown, which: 'primaryKey' | 'secondaryKey' = 'primaryKey'): string {
  const { authentication } = identity as { authentication: { symmetricKey: Record<typeof which, string> } };
  return authentication.symmetricKey[which];
}
