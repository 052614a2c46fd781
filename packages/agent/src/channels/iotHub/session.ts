import type { MqttClient } from 'mqtt';
import { within } from '../../watchdog.js';
import type { Login } from './login.js';
import { LISTENED, methodAnswerTopic, parseTopic, twinGetTopic, twinReportTopic } from './topics.js';

/** What a session tells of. Values are parsed JSON; `undefined` stands for what is none. */
export interface SessionEvents {
  /** A direct method; what it returns is the answer. */
  method(name: string, payload: unknown): { status: number; body: unknown };
  twin(value: unknown): void;
  desired(change: unknown, version: number): void;
  /** The hub's answer to a report, by what {@link Session.report} returned. */
  answered(report: string, status: number): void;
}

/** One connection to the hub that listens. */
export interface Session {
  /** Asks for the whole twin. */
  getTwin(): void;
  /** Changes reported properties. @returns a name for the answer */
  report(patch: unknown): string;
  /** Resolves with why it ended. */
  ended: Promise<string>;
  end(): Promise<void>;
}

const CONNECT_TIMEOUT = 30_000;
/** Milliseconds until a session listens, connection and sign-in included. */
const OPEN_TIMEOUT = 60_000;
/** Milliseconds that an end may take which says goodbye; then the connection is cut. */
const END_TIMEOUT = 5_000;
/** Seconds between signs of life; the hub's longest is 1767 (Azure docs: iot-mqtt-connect-to-iot-hub). */
const KEEP_ALIVE = 60;
/** Milliseconds that the hub may take to answer for the twin. */
const TWIN_TIMEOUT = 30_000;

/** Connects and listens. Throws what kept it from that. */
export async function openSession(
  login: Login,
  port: number,
  events: SessionEvents,
  signal: AbortSignal,
): Promise<Session> {
  const { host, until: _until, ...names } = login;
  const { connect } = await import('mqtt');
  const client = connect({
    protocol: 'mqtts',
    host,
    port,
    protocolVersion: 4,
    clean: true,
    keepalive: KEEP_ALIVE,
    connectTimeout: CONNECT_TIMEOUT,
    // Signatures end and certificates are renewed: each connection is begun anew, by the channel.
    reconnectPeriod: 0,
    queueQoSZero: false,
    rejectUnauthorized: true,
    ...names,
  });
  try {
    await within(OPEN_TIMEOUT, signal, async () => {
      await connected(client);
      await client.subscribeAsync([...LISTENED], { qos: 0 });
    });
    return listening(client, events);
  } catch (error) {
    await finish(client);
    throw error;
  }
}

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () => reject(new Error('the connection was closed')));
    client.on('error', reject);
  });
}

function listening(client: MqttClient, events: SessionEvents): Session {
  let requests = 0;
  let twinRequest: string | undefined;
  let patience: NodeJS.Timeout | undefined;
  let end: (why: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const request = () => `agent-${(requests += 1)}`;

  client.on('close', () => end('closed'));
  client.on('message', (topic, payload) => {
    const message = parseTopic(topic);
    // Whatever else the hub may say means nothing here, and ends nothing.
    if (!message) return;
    if (message.kind === 'method') {
      const { status, body } = events.method(message.name, json(payload));
      client.publish(methodAnswerTopic(status, message.request), JSON.stringify(body), { qos: 0 });
    } else if (message.kind === 'desired') {
      events.desired(json(payload), message.version);
    } else if (message.request === twinRequest) {
      clearTimeout(patience);
      twinRequest = undefined;
      if (message.status === 200) events.twin(json(payload));
      else end(`the twin was answered ${message.status}`);
    } else {
      events.answered(message.request, message.status);
    }
  });

  return {
    getTwin() {
      if (twinRequest !== undefined) return;
      twinRequest = request();
      patience = setTimeout(() => end('the twin was not answered'), TWIN_TIMEOUT);
      client.publish(twinGetTopic(twinRequest), '', { qos: 0 });
    },
    report(patch) {
      const name = request();
      client.publish(twinReportTopic(name), JSON.stringify(patch), { qos: 0 });
      return name;
    },
    ended,
    async end() {
      clearTimeout(patience);
      end('ended');
      await finish(client);
    },
  };
}

/** Ends a connection for good; what still comes of it means nothing. */
async function finish(client: MqttClient): Promise<void> {
  client.removeAllListeners('message');
  client.on('error', () => undefined);
  await within(END_TIMEOUT, new AbortController().signal, () => client.endAsync(true)).catch(() => undefined);
  client.stream?.destroy();
}

function json(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
