import { createHmac } from 'node:crypto';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { Cloud } from '../../../../test/shared/cloud.js';

interface Message {
  topic: string;
  text: string;
}

/** A shared access signature (`SharedAccessSignature ...`) for `resource`, valid until a time. */
export function signature(key: string, resource: string, until: Date, policy?: string): string {
  const encoded = encodeURIComponent(resource);
  const expiry = Math.floor(until.getTime() / 1000);
  const digest = createHmac('sha256', Buffer.from(key, 'base64')).update(`${encoded}\n${expiry}`).digest('base64');
  const named = policy === undefined ? '' : `&skn=${policy}`;
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(digest)}&se=${expiry}${named}`;
}

/** A device of the hub: an independent MQTT client. */
export class HubDevice {
  readonly #messages: Message[] = [];
  readonly #waiting = new Set<() => void>();
  readonly closed: Promise<void>;
  /** Answers direct methods; undefined leaves them without an answer. */
  answer: (method: string, payload: string) => { status: number; payload: string } | undefined = () => undefined;

  private constructor(readonly client: MqttClient) {
    this.closed = new Promise((resolve) => {
      client.once('close', () => resolve());
    });
    client.on('message', (topic, payload) => {
      const text = payload.toString('utf8');
      this.#messages.push({ topic, text });
      for (const wake of this.#waiting) wake();
      const call = /^\$iothub\/methods\/POST\/(.+)\/\?\$rid=(.+)$/.exec(topic);
      const reply = call && this.answer(call[1] ?? '', text);
      if (reply) client.publish(`$iothub/methods/res/${reply.status}/?$rid=${call[2] ?? ''}`, reply.payload);
    });
  }

  /** @throws the broker's refusal */
  static async connect(cloud: Cloud, id: string, options: IClientOptions): Promise<HubDevice> {
    const { mqttPort, hostName } = cloud.running.world.iotHub;
    const client = await connectAsync(`mqtts://localhost:${mqttPort}`, {
      ca: cloud.ca,
      protocolVersion: 4,
      clientId: id,
      username: `${hostName}/${id}/?api-version=2021-04-12`,
      reconnectPeriod: 0,
      connectTimeout: 5000,
      ...options,
    });
    return new HubDevice(client);
  }

  /** Creates a device, and connects as it with a signature of its first key. */
  static async create(cloud: Cloud, id: string, until = new Date(Date.now() + 3_600_000)): Promise<HubDevice> {
    const path = `/devices/${encodeURIComponent(id)}`;
    const made = (await cloud.hub('PUT', path, { deviceId: id })) as unknown as {
      body: { authentication: { symmetricKey: { primaryKey: string } } };
    };
    const { primaryKey } = made.body.authentication.symmetricKey;
    return HubDevice.connect(cloud, id, { password: signature(primaryKey, `localhost/devices/${id}`, until) });
  }

  async listen(...filters: string[]): Promise<void> {
    await this.client.subscribeAsync(filters);
  }

  /** Waits for the next message on a topic with this prefix, and removes it from those received. */
  async next(prefix: string): Promise<Message> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const at = this.#messages.findIndex(({ topic }) => topic.startsWith(prefix));
      const [found] = at < 0 ? [] : this.#messages.splice(at, 1);
      if (found) return found;
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(() => reject(new Error(`No message came on ${prefix}.`)), deadline - Date.now());
        this.#waiting.add(wake);
      });
    }
  }

  /** Sends a request on a twin topic. @returns the answer's status, query and body */
  async twin(
    path: 'GET' | 'PATCH/properties/reported',
    payload = '',
  ): Promise<{ status: number; query: string; text: string }> {
    await this.client.publishAsync(`$iothub/twin/${path}/?$rid=r1`, payload, { qos: 1 });
    const { topic, text } = await this.next('$iothub/twin/res/');
    const [, status, query] = /^\$iothub\/twin\/res\/(\d+)\/\?(.*)$/.exec(topic) ?? [];
    return { status: Number(status), query: query ?? '', text };
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }
}
