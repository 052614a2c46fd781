import type { Clock } from '@connected-registry/clock/clock';
import type { JsonObject, JsonValue } from './hubState.js';

/** The connection of one device, independent of the protocol. */
export interface DeviceLink {
  /** Whether the device has subscribed to direct methods. */
  takesMethods(): boolean;
  /** Sends a call to the device. Its answer arrives through {@link DeviceLinks.answered}. */
  callMethod(request: string, method: string, payload: JsonValue | undefined): void;
  /** Sends changed desired properties, if the device has subscribed to them. */
  sendDesired(patch: JsonObject, version: number): void;
  close(): void;
}

export interface MethodAnswer {
  status: number;
  /** Undefined if the device's answer was not JSON. */
  payload: JsonValue | undefined;
  isJson: boolean;
}

/** Why there was no answer. */
export type MethodFailure = 'not-online' | 'no-answer' | 'went-away';

interface Waiting {
  key: string;
  complete(outcome: MethodAnswer | MethodFailure): void;
}

interface DeviceLinksParts {
  /** Real time, for callers that wait. */
  readonly waitClock: Clock;
  changed(key: string, isConnected: boolean): void;
}

/** The connected devices. A device has one connection: a new one ends the previous one (error 400027). */
export class DeviceLinks {
  readonly #parts: DeviceLinksParts;
  readonly #links = new Map<string, DeviceLink>();
  readonly #calls = new Map<string, Waiting>();
  /** Calls that wait for their device to connect. */
  readonly #arrivals = new Map<string, Set<() => void>>();
  #requests = 0;

  constructor(parts: DeviceLinksParts) {
    this.#parts = parts;
  }

  isConnected(key: string): boolean {
    return this.#links.has(key);
  }

  attach(key: string, link: DeviceLink): void {
    const before = this.#links.get(key);
    this.#links.set(key, link);
    before?.close();
    if (!before) this.#parts.changed(key, true);
  }

  /** Has no effect for a connection that was replaced. */
  detach(key: string, link: DeviceLink): void {
    if (this.#links.get(key) !== link) return;
    this.#links.delete(key);
    for (const call of this.#calls.values()) if (call.key === key) call.complete('went-away');
    this.#parts.changed(key, false);
  }

  /** Ends a device's connection, for example when it is disabled or deleted. */
  drop(key: string): void {
    this.#links.get(key)?.close();
  }

  /** Called when a device subscribes to methods. */
  listens(key: string): void {
    for (const go of this.#arrivals.get(key) ?? []) go();
  }

  sendDesired(key: string, patch: JsonObject, version: number): void {
    this.#links.get(key)?.sendDesired(patch, version);
  }

  /**
   * Calls a direct method.
   *
   * @param wait seconds of real time: for the device to connect, and then for its answer
   */
  async call(
    key: string,
    method: string,
    payload: JsonValue | undefined,
    wait: { connect: number; response: number },
  ): Promise<MethodAnswer | MethodFailure> {
    const link = this.#ready(key) ?? (wait.connect > 0 ? await this.#arrival(key, wait.connect) : undefined);
    if (!link) return 'not-online';
    this.#requests += 1;
    const request = String(this.#requests);
    return new Promise((resolve) => {
      const timer = this.#timer(wait.response, () => complete('no-answer'));
      const complete = (outcome: MethodAnswer | MethodFailure): void => {
        timer.cancel();
        this.#calls.delete(request);
        resolve(outcome);
      };
      this.#calls.set(request, { key, complete });
      link.callMethod(request, method, payload);
    });
  }

  /** Receives a device's answer to a call. It ignores an answer that no call waits for, and one of another device. */
  answered(key: string, request: string, answer: MethodAnswer): void {
    const call = this.#calls.get(request);
    if (call?.key === key) call.complete(answer);
  }

  #ready(key: string): DeviceLink | undefined {
    const link = this.#links.get(key);
    return link?.takesMethods() ? link : undefined;
  }

  #arrival(key: string, seconds: number): Promise<DeviceLink | undefined> {
    return new Promise((resolve) => {
      const waiting = this.#arrivals.get(key) ?? new Set();
      this.#arrivals.set(key, waiting);
      const go = (): void => {
        timer.cancel();
        waiting.delete(go);
        if (waiting.size === 0) this.#arrivals.delete(key);
        resolve(this.#ready(key));
      };
      const timer = this.#timer(seconds, go);
      waiting.add(go);
    });
  }

  #timer(seconds: number, run: () => void): { cancel(): void } {
    const waitClock = this.#parts.waitClock;
    return waitClock.setTimer(new Date(waitClock.now().getTime() + seconds * 1000), run);
  }
}
