/** Topics of IoT Hub's MQTT endpoint (Azure docs: iot-mqtt-connect-to-iot-hub). */
export type Listening = 'methods' | 'twin-answers' | 'desired' | 'messages';

/** What a device may subscribe to; undefined for other filters. */
export function listeningOf(filter: string, devicePath: string): Listening | undefined {
  if (filter === '$iothub/methods/POST/#') return 'methods';
  if (filter === '$iothub/twin/res/#') return 'twin-answers';
  if (filter === '$iothub/twin/PATCH/properties/desired/#') return 'desired';
  // Messages from the cloud are never sent here, and subscribing to them has no effect.
  return filter === `devices/${devicePath}/messages/devicebound/#` ? 'messages' : undefined;
}

export type DeviceMessage =
  | { kind: 'method-answer'; request: string; status: number }
  | { kind: 'twin-get'; request: string }
  | { kind: 'twin-report'; request: string }
  | { kind: 'telemetry' };

/** Parses a device's publication; undefined for a topic that devices may not publish to. */
export function deviceMessage(topic: string, devicePath: string): DeviceMessage | undefined {
  const [path = '', query = ''] = topic.split('?');
  const request = new URLSearchParams(query).get('$rid');
  if (path.startsWith(`devices/${devicePath}/messages/events`)) return { kind: 'telemetry' };
  if (request === null) return undefined;
  if (path === '$iothub/twin/GET/') return { kind: 'twin-get', request };
  if (path === '$iothub/twin/PATCH/properties/reported/') return { kind: 'twin-report', request };
  const status = /^\$iothub\/methods\/res\/(\d{1,9})\/$/.exec(path)?.[1];
  return status === undefined ? undefined : { kind: 'method-answer', request, status: Number(status) };
}
