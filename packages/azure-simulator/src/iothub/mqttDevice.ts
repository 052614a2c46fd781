import type { Client } from 'aedes';
import type { Plane } from '../plane.js';
import type { DeviceLink } from './deviceLinks.js';
import type { Admitted } from './deviceAccess.js';
import { identityKey, type HubIdentity, type JsonObject, type JsonValue } from './hubState.js';
import { deviceMessage, listeningOf, type Listening } from './mqttTopics.js';
import { sectionForDevice } from './twinBody.js';
import { isObject } from '@connected-registry/protocol/json/isObject';
import { changedSection, TwinRefused } from './twinChanges.js';

type Qos = 0 | 1 | 2;

/** A connected device: its direct methods, and its side of its twin. */
export class MqttDevice implements DeviceLink {
  readonly #plane: Plane;
  readonly #client: Client;
  readonly #admitted: Admitted;
  readonly #key: string;
  readonly #path: string;
  readonly #listening = new Map<Listening, Qos>();
  #end: { cancel(): void } | undefined;

  constructor(plane: Plane, client: Client, admitted: Admitted) {
    this.#plane = plane;
    this.#client = client;
    this.#admitted = admitted;
    const { deviceId, moduleId } = admitted.identity;
    this.#key = identityKey(admitted.identity);
    this.#path = moduleId === undefined ? deviceId : `${deviceId}/modules/${moduleId}`;
  }

  connected(): void {
    const { until } = this.#admitted;
    if (until) this.#end = this.#plane.clock.setTimer(until, () => this.close(), { background: true });
    this.#plane.hub.links.attach(this.#key, this);
    this.#plane.log('device-connected', { device: this.#key });
  }

  disconnected(): void {
    this.#end?.cancel();
    this.#plane.hub.links.detach(this.#key, this);
    this.#plane.log('device-disconnected', { device: this.#key });
  }

  /** @returns false for a filter that devices may not use */
  subscribed(filter: string, qos: number): boolean {
    const what = listeningOf(filter, this.#path);
    if (what === undefined) return false;
    this.#listening.set(what, Math.min(qos, 1) as Qos);
    // After the device has received the acknowledgement.
    if (what === 'methods') setImmediate(() => this.#plane.hub.links.listens(this.#key));
    return true;
  }

  unsubscribed(filter: string): void {
    const what = listeningOf(filter, this.#path);
    if (what !== undefined) this.#listening.delete(what);
  }

  /** @returns false for a topic that devices may not publish to */
  received(topic: string, payload: Buffer): boolean {
    const message = deviceMessage(topic, this.#path);
    switch (message?.kind) {
      case undefined:
        return false;
      case 'telemetry':
        return true;
      case 'method-answer': {
        const { isJson, value } = parseJson(payload);
        const { request, status } = message;
        this.#plane.hub.links.answered(this.#key, request, { status, payload: value, isJson });
        return true;
      }
      case 'twin-get':
        this.#sendTwin(message.request);
        return true;
      case 'twin-report':
        this.#report(message.request, payload);
        return true;
    }
  }

  takesMethods(): boolean {
    return this.#listening.has('methods');
  }

  callMethod(request: string, method: string, payload: JsonValue | undefined): void {
    const text = payload === undefined ? '' : JSON.stringify(payload);
    this.#send('methods', `$iothub/methods/POST/${method}/?$rid=${request}`, text);
  }

  sendDesired(patch: JsonObject, version: number): void {
    const topic = `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
    this.#send('desired', topic, JSON.stringify({ ...patch, $version: version }));
  }

  close(): void {
    this.#client.close();
  }

  /** Undefined after it was deleted, until its connection has ended. */
  #identity(): HubIdentity | undefined {
    return this.#plane.hub.state.identities.get(this.#key);
  }

  #sendTwin(request: string): void {
    const identity = this.#identity();
    if (!identity) return;
    const { desired, reported } = identity.twin;
    const body = { desired: sectionForDevice(desired), reported: sectionForDevice(reported) };
    this.#send('twin-answers', `$iothub/twin/res/200/?$rid=${request}`, JSON.stringify(body));
  }

  #report(request: string, payload: Buffer): void {
    const { isJson, value } = parseJson(payload);
    const answer = (status: number, more = ''): void =>
      this.#send('twin-answers', `$iothub/twin/res/${status}/?$rid=${request}${more}`, '');
    if (!isJson || !isObject(value)) return answer(400);
    const identity = this.#identity();
    if (!identity) return;
    try {
      const now = this.#plane.clock.now();
      const reported = changedSection(identity.twin.reported, value, 'merge', now, 'reported');
      this.#plane.hub.state.identities.set({
        ...identity,
        lastActivityTime: now.toISOString(),
        twin: { ...identity.twin, version: identity.twin.version + 1, reported },
      });
      this.#plane.commit();
      answer(204, `&$version=${reported.version}`);
    } catch (error) {
      if (!(error instanceof TwinRefused)) this.#plane.log('error', { message: String(error) });
      answer(error instanceof TwinRefused ? 400 : 500);
    }
  }

  /** Sends to this device, if it has subscribed, with the quality of service that it requested. */
  #send(what: Listening, topic: string, payload: string): void {
    const qos = this.#listening.get(what);
    if (qos === undefined) return;
    const packet = { cmd: 'publish', topic, payload, qos, retain: false, dup: false } as const;
    // An error means that the device has disconnected, which the connection's end also reports.
    this.#client.publish(packet, () => undefined);
  }
}

function parseJson(payload: Buffer): { isJson: boolean; value: JsonValue | undefined } {
  if (payload.length === 0) return { isJson: true, value: undefined };
  try {
    return { isJson: true, value: JSON.parse(payload.toString('utf8')) as JsonValue };
  } catch {
    return { isJson: false, value: undefined };
  }
}
