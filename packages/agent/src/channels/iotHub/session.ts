import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { MqttClient } from 'mqtt';
import { within } from '../../watchdog.js';
import type { Login } from './login.js';
import { LISTENED, methodAnswerTopic, parseTopic, twinGetTopic, twinReportTopic } from './topics.js';

/** The answer to a direct method. */
export interface MethodAnswer {
  status: number;
  body: unknown;
}

/** Callbacks of a session. Values are parsed JSON; `undefined` means that the payload was not valid. */
export interface SessionEvents {
  /** Handles a direct method and returns its answer. Never rejects. */
  method(name: string, payload: unknown): Promise<MethodAnswer>;
  twin(value: unknown): void;
  desired(change: unknown, version: number): void;
  /** The hub's answer to a report, which is identified by the result of {@link Session.report}. */
  answered(report: string, status: number): void;
}

/** An open connection to the hub that receives messages. */
export interface Session {
  /** Requests the whole twin. */
  getTwin(): void;
  /**
   * Updates reported properties.
   * @returns a name that identifies the answer
   */
  report(patch: unknown): string;
  /** Resolves with the reason when the session ends. */
  ended: Promise<string>;
  end(): Promise<void>;
}

const CONNECT_TIMEOUT = 30_000;
/** Maximum milliseconds to connect, sign in and subscribe. */
const OPEN_TIMEOUT = 60_000;
/** Maximum milliseconds for a graceful close. After that the connection is cut. */
const END_TIMEOUT = 5_000;
/** Seconds between keep-alive packets. The hub's maximum is 1767 (Azure docs: iot-mqtt-connect-to-iot-hub). */
const KEEP_ALIVE = 60;
/** Maximum milliseconds for the hub to return the twin. */
const TWIN_TIMEOUT = 30_000;

/**
 * Connects and subscribes.
 * @throws the reason why it could not
 */
export async function openHubSession(
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
    // Signatures expire and certificates are renewed, so the channel opens each connection anew.
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
    // Ignore other messages of the hub.
    if (!message) return;
    if (message.kind === 'method') {
      const { request: call } = message;
      void events.method(message.name, parseJson(payload.toString('utf8'))).then(({ status, body }) => {
        // A connection that has ended in the meantime takes no answer, and the hub's caller has its own.
        if (client.connected) client.publish(methodAnswerTopic(status, call), JSON.stringify(body), { qos: 0 });
      });
    } else if (message.kind === 'desired') {
      events.desired(parseJson(payload.toString('utf8')), message.version);
    } else if (message.request === twinRequest) {
      clearTimeout(patience);
      twinRequest = undefined;
      if (message.status === 200) events.twin(parseJson(payload.toString('utf8')));
      else end(`the hub returned status ${message.status} for the twin`);
    } else {
      events.answered(message.request, message.status);
    }
  });

  return {
    getTwin() {
      if (twinRequest !== undefined) return;
      twinRequest = request();
      patience = setTimeout(() => end('the hub did not return the twin in time'), TWIN_TIMEOUT);
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

/** Closes a connection for good and ignores what it still receives. */
async function finish(client: MqttClient): Promise<void> {
  client.removeAllListeners('message');
  client.on('error', () => undefined);
  await within(END_TIMEOUT, new AbortController().signal, () => client.endAsync(true)).catch(() => undefined);
  client.stream?.destroy();
}
