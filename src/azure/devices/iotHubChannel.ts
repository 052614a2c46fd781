import { z } from 'zod';
import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { Signal } from '@connected-registry/protocol/messages/signalEvent';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import type { SealedSignal } from '../../ports/deviceChannel.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { resourceName } from '../../serviceErrors/serviceFacts.js';
import { isUnknownDevice, twinPath, type IotHub } from './iotHub.js';

/** Seconds to wait for the device's acknowledgement: it answers before it starts the pull. */
const RESPONSE_SECONDS = 10;

/** Maximum characters of a text in a twin. Source: Azure docs, iot-hub-devguide-device-twins. */
const MAX_TEXT = 4096;

const methodAnswer = z.looseObject({ status: z.int() });

/** One message in two forms: as a direct method and as desired properties. */
interface HubMessage {
  /** Direct method that notifies a connected device. */
  readonly methodName: Signal['kind'];
  readonly payload: unknown;
  /** Desired properties that a disconnected device reads when it reconnects. */
  readonly desired: Readonly<Record<string, unknown>>;
}

/**
 * Creates the device channel on IoT Hub. It calls a direct method, which a connected device answers at once; for other
 * devices it sets a desired property. Source: Azure docs, iot-hub-devguide-direct-methods and
 * iot-hub-devguide-device-twins.
 */
export function createIotHubChannel(hub: IotHub) {
  async function send(device: string, target: HubTarget, { methodName, payload, desired }: HubMessage): Promise<void> {
    try {
      await invoke(target, device, methodName, payload);
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
      const body = { properties: { desired: { connectedRegistry: desired } } };
      const path = twinPath(device, target);
      await hub.call(target.hub, { method: 'PATCH', path, body, operation: 'change twin of', resource: device });
    }
  }

  async function invoke(target: HubTarget, device: string, methodName: Signal['kind'], payload: unknown) {
    const operation = `call method ${methodName} of` as const;
    const answer = await hub.call(target.hub, {
      method: 'POST',
      path: `${twinPath(device, target)}/methods`,
      body: { methodName, payload, responseTimeoutInSeconds: RESPONSE_SECONDS, connectTimeoutInSeconds: 0 },
      operation,
      resource: device,
      deviceTime: RESPONSE_SECONDS * 1000,
    });
    const status = methodAnswer.safeParse(answer).data?.status;
    if (status === 200) return;
    // The agent answers 503 to a message that it cannot accept now, and another status to one that it never accepts.
    const kind = status === 503 || status === undefined ? 'unavailable' : 'refused';
    throw new ServiceError({
      kind,
      operation,
      resource: resourceName(device),
      ...(status === undefined ? { detail: 'unreadable-answer' } : { detail: 'device-refused', deviceStatus: status }),
    });
  }

  return {
    requestPullCheck: (message: PullCheckRequested, target: HubTarget) => {
      seenSecrets.remember(message.reportKey);
      const desired = { pullCheck: message };
      return send(message.client, target, { methodName: 'pullCheckRequested', payload: message, desired });
    },
    announcePromotion: (message: CredentialPromoted, target: HubTarget) => {
      seenSecrets.remember(message.reportKey);
      // The pull check has ended: its desired property is no longer needed.
      const desired = { pullCheck: null, promoted: message };
      return send(message.client, target, { methodName: 'credentialPromoted', payload: message, desired });
    },
    sendSealed: ({ kind, client, message, secret }: SealedSignal, target: HubTarget) => {
      const sealed = kind === 'pullCheckRequested' ? {} : { pullCheckRequested: null };
      return send(client, target, {
        methodName: kind,
        payload: { message, ...(secret === undefined ? {} : { secret }) },
        // Without the secret, since the hub keeps them: the device asks the app for it. What was sent in clear before
        // is removed.
        desired: { pullCheck: null, promoted: null, sealed: { ...sealed, [kind]: textsOf(message) } },
      });
    },
  };
}

/** A text in pieces that a twin takes. */
function textsOf(text: string): string[] {
  return text.match(new RegExp(`.{1,${MAX_TEXT}}`, 'gs')) ?? [];
}

/** True when the hub has the device but did not reach it: 404 when it is not connected, 504 when it does not answer. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof ServiceError && !isUnknownDevice(error) && (error.status === 404 || error.status === 504);
}
