import { z } from 'zod';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { isUnknownDevice, type IotHub } from './iotHub.js';

export type HubChoice = Extract<DeviceChannelChoice, { kind: 'iotHub' }>;

/** Seconds that a device may take to say that it has the message: it answers before it begins to pull. */
const RESPONSE_SECONDS = 10;

const methodAnswer = z.looseObject({ status: z.int() });

/** A message as both ways of an IoT Hub carry it. */
interface Signal {
  /** Direct method by which a connected device is told. */
  readonly methodName: 'pullCheckRequested' | 'credentialPromoted';
  readonly message: PullCheckRequested | CredentialPromoted;
  /** Desired properties by which one that is not connected finds out when it comes back. */
  readonly desired: Readonly<Record<string, unknown>>;
}

/**
 * The device channel on IoT Hub: a direct method, which a connected device answers at once, else a desired property,
 * which waits for it. Source: Azure docs, iot-hub-devguide-direct-methods and iot-hub-devguide-device-twins.
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
    // What an agent says about a message that it cannot take now, or never.
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
      // The check that led to it is over: nobody needs to find it any more.
      send(channel, { methodName: 'credentialPromoted', message, desired: { pullCheck: null, promoted: message } }),
  };
}

/** The hub has the device but did not get through to it: 404 when it is not connected, 504 when it does not answer. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof ServiceError && !isUnknownDevice(error) && (error.status === 404 || error.status === 504);
}
