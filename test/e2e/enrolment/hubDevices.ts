import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { ClientSecretCredential } from '@azure/identity';
import { connectAsync } from 'mqtt';
import { z } from 'zod';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { channelEnvironment } from '@connected-registry/local-stack/stack/localDevice';
import { tlsFolder } from '@connected-registry/local-stack/stack/plans';
import { startChild, type Child } from '../../shared/childProcess.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/** The hub of the stack, by its name in IOT_HUBS. */
const HUB = 'onboarding-local-hub';

/**
 * Each trial has a client of its own, and the long ring has more trials than a connected registry usually has clients.
 */
const MANY_CLIENTS = 500;

/**
 * Starts a stack whose clients are devices of the hub that report keys in their twins, or devices that join.
 * @param more settings of the app
 */
export async function startStackForHubDevices(more: Readonly<Record<string, string>> = {}): Promise<TestStack> {
  const profile = {
    name: 'hub-devices',
    match: { hub: HUB, device: '*' },
    connectedRegistry: 'myconnectedregistry',
    repositories: ['hello-world'],
    channel: { kind: 'iotHub', sealed: true },
  };
  const it = await startTestStack({
    device: false,
    // A regenerated password takes a minute to be known in Azure; here a second.
    settings: {
      PROFILES: JSON.stringify([profile]),
      PULL_CHECK_RETRY_SECONDS: '1',
      PASSWORD_REPLICATION_SECONDS: '1',
      CLIENTS_PER_CONNECTED_REGISTRY: String(MANY_CLIENTS),
      ...more,
    },
  });
  const { https, url } = it.stack.controlPlane;
  const body = { replicationSeconds: 1, clientsPerConnectedRegistry: MANY_CLIENTS };
  const { status } = await https(`${url}/_control/settings`, { method: 'PATCH', body });
  if (status !== 200) throw new Error(`The control plane refused its settings with ${status}.`);
  return it;
}

/** A device of the hub: a folder for its keys and its engine's file, and the agent that runs on it. */
export class HubDevice {
  readonly folder = mkdtempSync(join(tmpdir(), 'hub-device-'));
  readonly engineFile = join(this.folder, 'config.json');
  readonly stateFile = join(this.folder, 'keys', 'hub.json');
  #agent: Child | undefined;

  /** @param via addresses to use instead of the app's and the hub's own */
  constructor(
    private readonly it: TestStack,
    readonly client: string,
    private readonly via: { readonly app?: string; readonly hubPort?: number } = {},
  ) {}

  /** Variables of the agent. */
  async environment(): Promise<Record<string, string>> {
    const { it, client, via } = this;
    const { endpoints, controlPlane } = it.stack;
    const { world, operator } = controlPlane;
    const channel = await channelEnvironment({ channel: { kind: 'iotHub', deviceId: client } }, world, operator);
    return {
      ...channel,
      ...(via.hubPort !== undefined && { IOTHUB_PORT: String(via.hubPort) }),
      IOTHUB_SEALED: 'true',
      REPORT_URL: via.app ?? endpoints.functions.url,
      JOIN_FOLDER: join(this.folder, 'keys'),
      DOCKER_CONFIG_FILE: this.engineFile,
      INSECURE_REGISTRIES: endpoints.edge.host,
      NODE_EXTRA_CA_CERTS: endpoints.azure.caFile,
      PORT: '0',
    };
  }

  async start(): Promise<Child> {
    this.#agent = startChild('agent/main.js', [], await this.environment());
    await this.#agent.says(/DEVICE READY/);
    return this.#agent;
  }

  /** Ends the agent. What it keeps stays. */
  async stop(): Promise<void> {
    await this.#agent?.end();
    this.#agent = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What the engine beside the agent logs in with; undefined before the agent has written it. */
  engine(): unknown {
    try {
      return JSON.parse(readFileSync(this.engineFile, 'utf8')) as unknown;
    } catch {
      return undefined;
    }
  }

  thumbprint(): string {
    return z.looseObject({ thumbprint: z.string() }).parse(JSON.parse(readFileSync(this.stateFile, 'utf8'))).thumbprint;
  }
}

/** Whoever may read twins and call methods of a hub: its service API, with an Entra identity. */
export class HubOperator {
  readonly #credential: ClientSecretCredential;

  constructor(private readonly it: TestStack) {
    const { azure, identities } = it.stack.endpoints;
    const { clientId, clientSecret } = identities.operator;
    this.#credential = new ClientSecretCredential(azure.tenantId, clientId, clientSecret, {
      authorityHost: azure.authority,
      disableInstanceDiscovery: true,
      tlsOptions: { ca: readFileSync(azure.caFile, 'utf8') },
    });
  }

  /** The whole twin, as text. */
  async twin(device: string): Promise<string> {
    return JSON.stringify(await this.#call('GET', `/twins/${device}`));
  }

  /** @returns the status of the device's answer */
  async method(device: string, methodName: string, payload: unknown): Promise<number> {
    const body = { methodName, payload, responseTimeoutInSeconds: 10 };
    const answer = await this.#call('POST', `/twins/${device}/methods`, body);
    return z.looseObject({ status: z.int() }).parse(answer).status;
  }

  async #call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const { token } = await this.#credential.getToken('https://iothubs.azure.net/.default');
    const url = `${this.it.stack.controlPlane.world.iotHub.url}${path}?api-version=2021-04-12`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await this.it.stack.controlPlane.https(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return answer.body;
  }
}

/** Writes anything into a device's reported properties, as whoever has taken over the device can. */
export async function reportAnything(it: TestStack, device: string, keys: unknown): Promise<void> {
  const { world, operator } = it.stack.controlPlane;
  const { hostName, mqttPort } = world.iotHub;
  const resource = encodeURIComponent(`${hostName}/devices/${device}`);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = createHmac('sha256', Buffer.from(await operator.hubKey(device), 'base64'))
    .update(`${resource}\n${expiry}`)
    .digest('base64');
  const login = {
    host: hostName,
    port: mqttPort,
    clientId: device,
    username: `${hostName}/${device}/?api-version=2021-04-12`,
    password: `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`,
  };
  const ca = readFileSync(it.stack.endpoints.azure.caFile, 'utf8');
  const client = await connectAsync({ ...login, ca, protocol: 'mqtts', protocolVersion: 4, reconnectPeriod: 0 });
  try {
    await client.subscribeAsync('$iothub/twin/res/#');
    const answered = new Promise<string>((resolve) => client.once('message', resolve));
    const patch = JSON.stringify({ connectedRegistry: { keys } });
    await client.publishAsync('$iothub/twin/PATCH/properties/reported/?$rid=1', patch);
    const topic = await answered;
    if (!topic.startsWith('$iothub/twin/res/204/')) throw new Error(`The hub refused the twin: ${topic}`);
  } finally {
    await client.endAsync();
  }
}

/** A proxy that ends TLS between a device and its hub, and keeps all that passes. */
export interface HubRecording {
  readonly port: number;
  /** What passed so far, both ways. */
  bytes(): Buffer;
  close(): Promise<void>;
}

export async function recordHub(it: TestStack): Promise<HubRecording> {
  const { certFile, keyFile } = await ensureCertificates(tlsFolder(it.stack.ground.dataFolder));
  const ca = readFileSync(it.stack.endpoints.azure.caFile);
  const passed: Buffer[] = [];
  const open = new Set<{ destroy(): unknown }>();
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (device) => {
    const hub = connect({ host: 'localhost', port: it.stack.controlPlane.world.iotHub.mqttPort, ca });
    for (const [from, to] of [[device, hub] as const, [hub, device] as const]) {
      open.add(from);
      from.on('data', (chunk: Buffer) => passed.push(chunk));
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
  return {
    port: address.port,
    bytes: () => Buffer.concat(passed),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const one of open) one.destroy();
      }),
  };
}
