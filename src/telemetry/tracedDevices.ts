import { traceparent } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { DeviceChannel } from '../ports/deviceChannel.js';
import { currentTraceParent } from './invocation.js';

/**
 * Wraps a device channel so that a request for a pull check carries the trace of the activity that sends it. The
 * device's report then belongs to the same trace. A trace context in a form that devices do not accept is left out, so
 * that it cannot fail a pull check.
 */
export function tracedDevices(devices: DeviceChannel): DeviceChannel {
  return {
    requestPullCheck: (id, message, channel) => {
      const { data } = traceparent.safeParse(currentTraceParent());
      const traced = data === undefined ? message : { ...message, traceparent: sampled(data) };
      return devices.requestPullCheck(id, traced, channel);
    },
    announcePromotion: (id, message, channel) => devices.announcePromotion(id, message, channel),
    // What is sealed cannot be changed here.
    sendSealed: (id, signal, target) => devices.sendSealed(id, signal, target),
  };
}

/**
 * Marks a trace context as sampled. The app keeps all spans of its calls, so the trace is recorded even if the host has
 * not sampled its own span; without the mark the host would also drop the report's span.
 */
function sampled(place: string): string {
  return `${place.slice(0, -2)}01`;
}
