import { pause } from '../../agentClock.js';
import type { HubDevice } from '../../joined/hub/hubDevice.js';
import type { Log } from '../../log.js';
import { growingPauses } from '../../pauses.js';
import { errorName } from '../../pullFailure.js';
import type { Channel, SignalHandler } from '../channel.js';
import { HubConnection } from './connection.js';
import type { ConnectionEnd, ConnectionOptions } from './connection.js';
import { createDesired } from './desired.js';
import { DesiredSignals } from './desiredSignals.js';
import { answerMethod } from './methods.js';
import { createReported } from './reported.js';
import type { ReportedState } from './reported.js';

export interface IotHubOptions extends ConnectionOptions {
  /** The device, if it has keys of its own: what arrives must then be sealed to them. */
  readonly device?: Pick<HubDevice, 'open' | 'reportedKeys'>;
  readonly handle: SignalHandler;
  readonly log: Log;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 120_000;
/** Minimum duration, in milliseconds, of a stable connection. After one, the next pause starts short again. */
const STABLE = 60_000;

/** Listens at an IoT Hub for direct methods and desired properties. Reconnects until it is closed. */
export function startIotHub(options: IotHubOptions): Channel {
  const { clock, device, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const desired = createDesired();
  const signals = new DesiredSignals({ ...options, desired });
  const reported = createReported();
  let lastHeard: string | undefined;
  let trouble: string | undefined;

  const heard = () => {
    lastHeard = clock.now().toISOString();
  };
  const connection = new HubConnection(options, {
    method(name, payload) {
      heard();
      return answerMethod(name, payload, options);
    },
    twin(value) {
      heard();
      if (!desired.whole(value)) return log('twin refused', { reason: 'it is not a valid hub message' });
      // The device may be a new one, with other keys than the twin has.
      if (device && desired.reportedKeys() !== device.reportedKeys) report({ keys: device.reportedKeys });
      signals.handleAll();
    },
    desired(change, version) {
      heard();
      if (desired.changed(change, version)) signals.handleAll();
      else connection.getTwin();
    },
    answered(name, status) {
      heard();
      if (!reported.answered(name, status)) log('reported properties refused', { status });
    },
  });

  function report(change: ReportedState): void {
    reported.add(change);
    sendReported();
  }

  function sendReported(): void {
    const patch = reported.unsent();
    const name = patch && connection.report({ connectedRegistry: patch });
    if (patch && name !== undefined) reported.sent(name, patch);
  }

  function opened(): void {
    heard();
    log(trouble === undefined ? 'connected to the hub' : 'connected to the hub again');
    trouble = undefined;
    connection.getTwin();
    sendReported();
  }

  async function connect(): Promise<ConnectionEnd> {
    try {
      const end = await connection.hold(opened, signal);
      if (end.kind === 'expiring') return end;
      trouble = end.reason;
      if (!signal.aborted) log('connection to the hub lost', { reason: end.reason });
      return end;
    } catch (error) {
      const reason = refusalOf(error);
      if (reason !== trouble && !signal.aborted) log('no connection to the hub', { reason });
      trouble = reason;
      return { kind: 'lost', reason };
    }
  }

  async function run(): Promise<void> {
    const pauses = growingPauses(FIRST_PAUSE, LONGEST_PAUSE);
    while (!signal.aborted) {
      const since = clock.now().getTime();
      const end = await connect();
      if (end.kind === 'expiring') continue;
      if (clock.now().getTime() - since > STABLE) pauses.reset();
      await pause(clock, pauses.next(), signal);
    }
  }
  const running = run();

  return {
    health: () => ({ connected: connection.isOpen, lastHeard }),
    reported: ({ operation, attempt }, { outcome }) => report({ pullCheck: { operation, attempt, outcome } }),
    delivered: (_promotion, version) => report({ promoted: { version } }),
    async close() {
      signals.close();
      stopping.abort();
      await running;
    },
  };
}

/** MQTT's return code of a refused connection (4 and 5: not authorized), or the name of another error. */
function refusalOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && code <= 255 ? `refused with code ${code}` : errorName(error);
}
