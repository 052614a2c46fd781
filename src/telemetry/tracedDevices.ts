import { traceparent } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { DeviceChannel } from '../ports/deviceChannel.js';
import { currentTraceParent } from './invocation.js';

/**
 * The same channel; a request for a pull check names the activity that sends it, so that the device's report comes in the
 * same trace. What the host gives in another form than the device takes is left out: no check fails for its trace.
 */
export function tracedDevices(devices: DeviceChannel): DeviceChannel {
  return {
    requestPullCheck: (id, message, channel) => {
      const { data } = traceparent.safeParse(currentTraceParent());
      const traced = data === undefined ? message : { ...message, traceparent: sampled(data) };
      return devices.requestPullCheck(id, traced, channel);
    },
    announcePromotion: (id, message, channel) => devices.announcePromotion(id, message, channel),
  };
}

/**
 * The app keeps all spans of its calls, so the trace is a recorded one whatever the host has said of its own spans: by its
 * word the host would drop the report's too.
 */
function sampled(place: string): string {
  return `${place.slice(0, -2)}01`;
}
