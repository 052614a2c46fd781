import { z } from 'zod';
import { orUndefined } from '../http/orUndefined.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { MethodFailure } from './deviceLinks.js';
import { argumentInvalid, methodError } from './hubErrors.js';
import { hubBody, hubRoute, hubIdentityOf } from './hubRoute.js';
import { identityKey } from './hubState.js';

/** Azure docs: iot-hub-devguide-direct-methods, "Method invocation for service apps". */
const LARGEST_PAYLOAD = 128 * 1024;
const body = z.object({
  methodName: z.string().min(1).max(100),
  payload: z.json().optional(),
  responseTimeoutInSeconds: z.int().min(5).max(300).nullish().transform(orUndefined),
  connectTimeoutInSeconds: z.int().min(0).max(300).nullish().transform(orUndefined),
});

/** Routes of direct methods, which only a connected device answers. */
export function methodRoutes(plane: Plane): Route[] {
  return ['/twins/{device}/methods', '/twins/{device}/modules/{module}/methods'].map((path) =>
    hubRoute(plane, {
      method: 'POST',
      path,
      action: 'directMethods/invoke/action',
      right: 'ServiceConnect',
      handle: (call) => invoke(plane, call),
    }),
  );
}

async function invoke(plane: Plane, call: Call): Promise<ApiReply> {
  const identity = hubIdentityOf(plane, call);
  const wanted = hubBody(plane, call, body);
  const { payload } = wanted;
  if (Buffer.byteLength(JSON.stringify(payload ?? null)) > LARGEST_PAYLOAD) {
    throw argumentInvalid(`The payload of a method can have at most ${LARGEST_PAYLOAD} bytes.`, plane.clock.now());
  }
  const connect = wanted.connectTimeoutInSeconds ?? 0;
  const response = wanted.responseTimeoutInSeconds ?? 30;
  const answer = await plane.hub.links.call(identityKey(identity), wanted.methodName, payload, { connect, response });
  if (typeof answer === 'string') throw failure(plane, answer, connect);
  if (!answer.isJson) {
    throw methodError(502, [502_101, 'BadDeviceResponse'], 'The response of the device is invalid.', plane.clock.now());
  }
  return { status: 200, body: { status: answer.status, payload: answer.payload ?? null } };
}

/** As users of the service have reported them. */
function failure(plane: Plane, reason: MethodFailure, connect: number): Error {
  const now = plane.clock.now();
  switch (reason) {
    case 'not-online': {
      const info = { timeout: new Date(connect * 1000).toISOString().slice(11, 19) };
      return methodError(404, [404_103, 'DeviceNotOnline'], 'Timed out waiting for device to connect.', now, info);
    }
    case 'no-answer':
      return methodError(504, [504_101, 'GatewayTimeout'], 'Timed out waiting for the response from device.', now);
    case 'went-away':
      return methodError(404, [404_104, 'DeviceConnectionClosedRemotely'], 'Device unavailable', now);
  }
}
