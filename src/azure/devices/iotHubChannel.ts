import { z } from 'zod';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { isUnknownDevice, type IotHub } from './iotHub.js';

type HubChoice = Extract<DeviceChannelChoice, { kind: 'iotHub' }>;

/** Seconds to wait for the device's acknowledgement: it answers before it starts the pull. */
const RESPONSE_SECONDS = 10;

const methodAnswer = z.looseObject({ status: z.int() });

/** One message in two forms: as a direct method and as desired properties. */
interface Signal {
  /** Direct method that notifies a connected device. */
  readonly methodName: 'pullCheckRequested' | 'credentialPromoted';
  readonly message: PullCheckRequested | CredentialPromoted;
  /** Desired properties that a disconnected device reads when it reconnects. */
  readonly desired: Readonly<Record<string, unknown>>;
}

/**
 * Creates the device channel on IoT Hub. It calls a direct method, which a connected device answers at once; for other devices
 * it sets a desired property. Source: Azure docs, iot-hub-devguide-direct-methods and iot-hub-devguide-device-twins.
 */
export function createIotHubChannel(hub: IotHub) {
  async function send(channel: HubChoice, { methodName, message, desired }: Signal): Promise<void> {
    const device = `/twins/${encodeURIComponent(message.client)}`;
    const path = channel.module === undefined ? device : `${device}/modules/${encodeURIComponent(channel.module)}`;
    const resource = message.client;
    seenSecrets.remember(message.reportKey);
    try {
      await invoke(channel.hub, path, resource, methodName, message);
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
      const body = { properties: { desired: { connectedRegistry: desired } } };
      await hub(channel.hub, { method: 'PATCH', path, body, operation: 'change twin of', resource });
    }
  }

  async function invoke(
    name: string,
    twin: string,
    resource: string,
    methodName: Signal['methodName'],
    payload: unknown,
  ) {
    const operation = `call method ${methodName} of` as const;
    const answer = await hub(name, {
      method: 'POST',
      path: `${twin}/methods`,
      body: { methodName, payload, responseTimeoutInSeconds: RESPONSE_SECONDS, connectTimeoutInSeconds: 0 },
      operation,
      resource,
      deviceTime: RESPONSE_SECONDS * 1000,
    });
    const status = methodAnswer.safeParse(answer).data?.status;
    if (status === 200) return;
    // The agent answers 503 to a message that it cannot accept now, and another status to one that it never accepts.
    const kind = status === 503 || status === undefined ? 'unavailable' : 'refused';
    throw new ServiceError({
      kind,
      operation,
      resource: resourceName(resource),
      ...(status === undefined ? { detail: 'unreadable-answer' } : { detail: 'device-refused', deviceStatus: status }),
    });
  }

  return {
    requestPullCheck: (message: PullCheckRequested, channel: HubChoice) =>
      send(channel, { methodName: 'pullCheckRequested', message, desired: { pullCheck: message } }),
    announcePromotion: (message: CredentialPromoted, channel: HubChoice) =>
      // The pull check has ended: its desired property is no longer needed.
      send(channel, { methodName: 'credentialPromoted', message, desired: { pullCheck: null, promoted: message } }),
  };
}

/** True when the hub has the device but did not reach it: 404 when it is not connected, 504 when it does not answer. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof ServiceError && !isUnknownDevice(error) && (error.status === 404 || error.status === 504);
}
