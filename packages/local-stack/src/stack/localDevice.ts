import { APP_AUDIENCE } from './environments.js';
import type { Operator } from './operator/operator.js';
import type { World } from './world.js';

/** How the agent receives pull checks. As a device of the hub it has the id of its one client. */
export type LocalChannel =
  { kind: 'webhook' } | { kind: 'poll' } | { kind: 'iotHub'; deviceId: string; moduleId?: string };

/** The device agent of the stack. */
export interface LocalDevice {
  /** Default: webhook. */
  channel?: LocalChannel;
  /** Settings of the agent that differ from the default. */
  settings?: Readonly<Record<string, string>>;
}

/** The settings that a channel needs. A missing device of the hub is created. */
export async function channelEnvironment(
  { channel = { kind: 'webhook' } }: LocalDevice,
  world: World,
  operator: Operator,
): Promise<Record<string, string>> {
  switch (channel.kind) {
    case 'webhook':
      return {};
    case 'poll':
      return { CHANNEL: 'poll', POLL_AUDIENCE: APP_AUDIENCE };
    case 'iotHub': {
      const { deviceId, moduleId } = channel;
      if (moduleId !== undefined) await operator.hubKey(deviceId);
      const { hostName, mqttPort } = world.iotHub;
      const fields = {
        HostName: hostName,
        DeviceId: deviceId,
        ...(moduleId === undefined ? {} : { ModuleId: moduleId }),
        SharedAccessKey: await operator.hubKey(deviceId, moduleId),
      };
      const connectionString = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
      return {
        CHANNEL: 'iotHub',
        IOTHUB_CONNECTION_STRING: connectionString.join(';'),
        IOTHUB_PORT: String(mqttPort),
      };
    }
  }
}
