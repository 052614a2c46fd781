/** Topics that the agent subscribes to (Azure docs: iot-mqtt-connect-to-iot-hub). */
export const LISTENED = [
  '$iothub/methods/POST/#',
  '$iothub/twin/res/#',
  '$iothub/twin/PATCH/properties/desired/#',
] as const;

/** A message from the hub. */
export type HubMessage =
  | { kind: 'method'; name: string; request: string }
  | { kind: 'answer'; status: number; request: string }
  | { kind: 'desired'; version: number };

/** A method name may contain slashes: callers choose the names. */
const METHOD = /^\$iothub\/methods\/POST\/(.*)\/\?\$rid=([^&/#+]{1,128})$/s;
const ANSWER = /^\$iothub\/twin\/res\/(\d{1,3})\/\?\$rid=([^&/#+]{1,128})(?:&.*)?$/;
const DESIRED = /^\$iothub\/twin\/PATCH\/properties\/desired\/\?\$version=(\d{1,15})$/;

/** Parses a topic; undefined for topics that the agent does not use. */
export function parseTopic(topic: string): HubMessage | undefined {
  const [, name, call] = METHOD.exec(topic) ?? [];
  if (name !== undefined && call !== undefined) return { kind: 'method', name, request: call };
  const [, status, request] = ANSWER.exec(topic) ?? [];
  if (status !== undefined && request !== undefined) return { kind: 'answer', status: Number(status), request };
  const [, version] = DESIRED.exec(topic) ?? [];
  return version === undefined ? undefined : { kind: 'desired', version: Number(version) };
}

export const methodAnswerTopic = (status: number, request: string) => `$iothub/methods/res/${status}/?$rid=${request}`;
export const twinGetTopic = (request: string) => `$iothub/twin/GET/?$rid=${request}`;
export const twinReportTopic = (request: string) => `$iothub/twin/PATCH/properties/reported/?$rid=${request}`;
