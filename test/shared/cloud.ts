import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerRegistryManagementClient } from '@azure/arm-containerregistry';
import { ClientSecretCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import type { IdentityName } from '@connected-registry/azure-simulator/access/identities';
import type { Clock } from '@connected-registry/clock/clock';
import { startControlPlane, type ControlPlane } from '@connected-registry/azure-simulator/controlPlane';
import type { SimulatorSettings } from '@connected-registry/azure-simulator/settings';
import { ensureCertificates, type CertificateFiles } from '@connected-registry/azure-simulator/tls/certificates';

/** One step of an SDK client's pipeline, with the properties that are needed here. */
interface PipelinePolicy {
  name: string;
  sendRequest<T extends object, R>(sent: T, next: (sent: T) => Promise<R>): Promise<R>;
}

export interface RawReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: never;
  text: string;
}

export interface LogLine {
  event: string;
  fields: Record<string, unknown>;
}

/** A control plane in this process, over real https, and the real SDKs' clients for it. */
export class Cloud {
  readonly log: LogLine[] = [];
  #running: ControlPlane | undefined;
  #certificates: CertificateFiles | undefined;
  #tls: { ca: string } = { ca: '' };
  #agent = new Agent();

  private constructor(
    readonly directory: string,
    readonly options: { settings?: Partial<SimulatorSettings>; clock?: Clock; waitClock?: Clock },
  ) {}

  /** Keys and certificates, created once for all tests of a file, because that takes most of the time of a start. */
  static readonly #kept = new Map<string, string>();

  static async start(
    options: { settings?: Partial<SimulatorSettings>; clock?: Clock; waitClock?: Clock } = {},
  ): Promise<Cloud> {
    const cloud = new Cloud(await mkdtemp(join(tmpdir(), 'azure-')), options);
    await mkdir(join(cloud.directory, 'tls'));
    for (const [name, text] of Cloud.#kept) await writeFile(join(cloud.directory, name), text, { mode: 0o600 });
    cloud.#certificates = await ensureCertificates(join(cloud.directory, 'tls'));
    await cloud.launch();
    for (const name of ['keys.json', 'tls/ca.pem', 'tls/server.pem', 'tls/server-key.pem']) {
      Cloud.#kept.set(name, await readFile(join(cloud.directory, name), 'utf8'));
    }
    return cloud;
  }

  /** Starts the control plane on the data of this folder. */
  async launch(): Promise<void> {
    if (!this.#certificates) throw new Error('Cloud.start has not created the certificates yet.');
    this.#tls = { ca: await readFile(this.#certificates.caFile, 'utf8') };
    this.#agent = new Agent({ ...this.#tls, keepAlive: true });
    this.#running = await startControlPlane({
      port: 0,
      directory: this.directory,
      tls: this.#certificates,
      log: (event, fields) => this.log.push({ event, fields }),
      ...this.options,
    });
  }

  /** Stops and starts again with the same data. The port changes. */
  async restart(): Promise<void> {
    await this.running.close();
    await this.launch();
  }

  async end(): Promise<void> {
    this.#agent.destroy();
    await this.running.close();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  get running(): ControlPlane {
    if (!this.#running) throw new Error('The control plane is not running.');
    return this.#running;
  }

  get url(): string {
    return this.running.url;
  }

  get group(): string {
    return this.running.world.resourceGroup;
  }

  get registry(): string {
    return this.running.world.registry;
  }

  get registryId(): string {
    const { subscriptionId } = this.running.world;
    return `/subscriptions/${subscriptionId}/resourceGroups/${this.group}/providers/Microsoft.ContainerRegistry/registries/${this.registry}`;
  }

  get vaultId(): string {
    return `${this.registryId.split('/providers/')[0]}/providers/Microsoft.KeyVault/vaults/onboarding-local`;
  }

  /** Options of every SDK client: trusts the CA, as NODE_EXTRA_CA_CERTS does for a process, and retries nothing. */
  get client(): {
    retryOptions: { maxRetries: number };
    additionalPolicies: { policy: PipelinePolicy; position: 'perCall' }[];
  } {
    const tlsSettings = this.#tls;
    const policy: PipelinePolicy = {
      name: 'trustLocalAuthority',
      sendRequest: (sent, next) => next(Object.assign(sent, { tlsSettings })),
    };
    return { retryOptions: { maxRetries: 0 }, additionalPolicies: [{ policy, position: 'perCall' }] };
  }

  credential(name: IdentityName, secret?: string): ClientSecretCredential {
    const { clientId, clientSecret } = this.running.world.identities[name];
    return new ClientSecretCredential(this.running.world.tenantId, clientId, secret ?? clientSecret, {
      authorityHost: this.url,
      disableInstanceDiscovery: true,
      ...this.client,
    });
  }

  arm(name: IdentityName = 'operator'): ContainerRegistryManagementClient {
    return new ContainerRegistryManagementClient(this.credential(name), this.running.world.subscriptionId, {
      endpoint: this.url,
      credentials: { scopes: [`${this.url}/.default`] },
      ...this.client,
    });
  }

  vault(name: IdentityName = 'operator'): SecretClient {
    return new SecretClient(this.url, this.credential(name), {
      disableChallengeResourceVerification: true,
      ...this.client,
    });
  }

  /** A client of the vault with a service principal that the test controls created. */
  vaultAs({ clientId, clientSecret }: { clientId: string; clientSecret: string }): SecretClient {
    const { tenantId } = this.running.world;
    const options = { authorityHost: this.url, disableInstanceDiscovery: true, ...this.client };
    return new SecretClient(this.url, new ClientSecretCredential(tenantId, clientId, clientSecret, options), {
      disableChallengeResourceVerification: true,
      ...this.client,
    });
  }

  async token(name: IdentityName, resource: string = this.url): Promise<string> {
    return (await this.credential(name).getToken(`${resource}/.default`)).token;
  }

  /** The certificate authority that clients trust, PEM. */
  get ca(): string {
    return this.#tls.ca;
  }

  /** Calls the IoT Hub's service API as one of the identities. */
  async hub(
    method: string,
    path: string,
    body?: unknown,
    { as = 'operator', ...headers }: { as?: IdentityName; [header: string]: string } = {},
  ): Promise<RawReply> {
    return this.call(method, `/iothub${path}?api-version=2021-04-12`, body, {
      authorization: `Bearer ${await this.token(as, 'https://iothubs.azure.net')}`,
      ...headers,
    });
  }

  /** Calls ARM directly as the operator, for requests that the SDK does not send. */
  async armCall(method: string, path: string, body?: unknown, version = '2025-11-01'): Promise<RawReply> {
    const mark = path.includes('?') ? '&' : '?';
    return this.call(method, version === '' ? path : `${path}${mark}api-version=${version}`, body, {
      authorization: `Bearer ${await this.token('operator')}`,
    });
  }

  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const sent = request(
        `${this.url}${path}`,
        {
          method,
          agent: this.#agent,
          headers: {
            ...(text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const answer = Buffer.concat(chunks).toString('utf8');
            const isJson = response.headers['content-type']?.includes('json') && answer !== '';
            const parsed = (isJson ? JSON.parse(answer) : undefined) as never;
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed, text: answer });
          });
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** Creates a scope map and a token that refers to it. @returns the token's id */
  async makeToken(name: string, map = 'plain-map'): Promise<string> {
    const arm = this.arm();
    const actions = ['repositories/hello-world/content/read'];
    const { id } = await arm.scopeMaps.create(this.group, this.registry, map, { actions });
    const token = await arm.tokens.create(this.group, this.registry, name, { scopeMapId: id ?? '', status: 'enabled' });
    return token.id ?? '';
  }
}

/** The properties that tests need of the error with which an SDK call fails. */
export async function failureOf(
  work: PromiseLike<unknown>,
): Promise<{ statusCode: number; code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    const { statusCode, code, message } = error as { statusCode: number; code: string; message: string };
    return { statusCode, code, message };
  }
  throw new Error('The call was expected to fail, and succeeded.');
}
