import { readFileSync } from 'node:fs';
import { ContainerRegistryManagementClient } from '@azure/arm-containerregistry';
import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { ClientSecretCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { z } from 'zod';
import { eachOf } from '../../../src/queries/eachOf.js';
import type { Endpoints } from '@connected-registry/local-stack/stack/endpoints';

/** A user name and password for a registry, as they stand in a secret. */
export interface Login {
  host: string;
  user: string;
  password: string;
}

const dockerConfig = z.object({ auths: z.record(z.string(), z.object({ auth: z.string() })) });

/** The operator's view of Azure, through the real SDKs. */
export class OperatorSdk {
  readonly registries: ContainerRegistryManagementClient;
  readonly secrets: SecretClient;
  readonly #ca: string;

  constructor(private readonly endpoints: Endpoints) {
    const { azure, identities, keyVault } = endpoints;
    this.#ca = readFileSync(azure.caFile, 'utf8');
    // NODE_EXTRA_CA_CERTS is read when a process starts, and this one is older than the CA.
    const tlsOptions = { ca: this.#ca };
    const credential = new ClientSecretCredential(
      azure.tenantId,
      identities.operator.clientId,
      identities.operator.clientSecret,
      { authorityHost: azure.authority, disableInstanceDiscovery: true, tlsOptions },
    );
    this.registries = new ContainerRegistryManagementClient(credential, azure.subscriptionId, {
      endpoint: azure.arm,
      credentials: { scopes: [`${azure.arm}/.default`] },
      tlsOptions,
    });
    this.secrets = new SecretClient(keyVault.url, credential, {
      disableChallengeResourceVerification: true,
      tlsOptions,
    });
  }

  /** Publishes one request for an onboarding, as a CloudEvent or in Event Grid's own schema. */
  async publish(schema: 'CloudEvent' | 'EventGrid', data: Record<string, unknown>, at = new Date()): Promise<void> {
    const { topicEndpoint, key } = this.endpoints.eventGrid;
    const type = 'ConnectedRegistry.ClientRequested';
    const subject = `clients/${String(data['client'])}`;
    const options = { tlsOptions: { ca: this.#ca } };
    const credential = new AzureKeyCredential(key);
    if (schema === 'CloudEvent')
      await new EventGridPublisherClient(topicEndpoint, 'CloudEvent', credential, options).send([
        { type, source: '/tests', subject, data, time: at },
      ]);
    else
      await new EventGridPublisherClient(topicEndpoint, 'EventGrid', credential, options).send([
        { eventType: type, subject, dataVersion: '1', data, eventTime: at },
      ]);
  }

  async scopeMapNames(): Promise<string[]> {
    return names(this.registries.scopeMaps.list(...this.#registry()));
  }

  async tokenNames(): Promise<string[]> {
    return names(this.registries.tokens.list(...this.#registry()));
  }

  /** Names of the tokens that the connected registry lists as clients. */
  async boundTokens(): Promise<string[]> {
    const { connectedRegistry } = this.endpoints.edge;
    const found = await this.registries.connectedRegistries.get(...this.#registry(), connectedRegistry);
    return (found.clientTokenIds ?? []).map((id) => id.slice(id.lastIndexOf('/') + 1)).toSorted();
  }

  /** Names of the secrets that are not deleted. */
  async secretNames(): Promise<string[]> {
    return names(this.secrets.listPropertiesOfSecrets());
  }

  /** When the seeded connected registry is to sync from now on (cron). */
  async scheduleSyncs(schedule: string): Promise<void> {
    const { connectedRegistry } = this.endpoints.edge;
    await this.registries.connectedRegistries.update(...this.#registry(), connectedRegistry, {
      syncProperties: { schedule, syncWindow: 'PT3H' },
    });
  }

  /** Everything that an onboarding may make, to compare before and after. */
  async everything(): Promise<Record<'scopeMaps' | 'tokens' | 'bound' | 'secrets', string[]>> {
    const [scopeMaps, tokens, bound, secrets] = await Promise.all([
      this.scopeMapNames(),
      this.tokenNames(),
      this.boundTokens(),
      this.secretNames(),
    ]);
    return { scopeMaps, tokens, bound, secrets };
  }

  scopeMap(name: string): ReturnType<ContainerRegistryManagementClient['scopeMaps']['get']> {
    return this.registries.scopeMaps.get(...this.#registry(), name);
  }

  token(name: string): ReturnType<ContainerRegistryManagementClient['tokens']['get']> {
    return this.registries.tokens.get(...this.#registry(), name);
  }

  /**
   * Adds rights to the connected registry's sync scope, as `az acr connected-registry permissions update --add` does.
   */
  async widenSyncScope(repository: string): Promise<void> {
    const { connectedRegistry } = this.endpoints.edge;
    const { actions = [] } = await this.scopeMap(connectedRegistry);
    await this.registries.scopeMaps.update(...this.#registry(), connectedRegistry, {
      actions: [...actions, `repositories/${repository}/content/read`, `repositories/${repository}/metadata/read`],
    });
  }

  /** Every login that the vault holds in a secret that is not deleted, disabled versions included. */
  async logins(): Promise<Login[]> {
    const found = await eachOf(await this.secretNames(), (name) => this.#loginsIn(name));
    return found.flat();
  }

  async #loginsIn(name: string): Promise<Login[]> {
    const found: Login[] = [];
    for await (const { version, enabled } of this.secrets.listPropertiesOfSecretVersions(name)) {
      if (version === undefined) continue;
      if (enabled === false) await this.secrets.updateSecretProperties(name, version, { enabled: true });
      found.push(await this.login(name, version));
      if (enabled === false) await this.secrets.updateSecretProperties(name, version, { enabled: false });
    }
    return found;
  }

  /** The login in one version of a secret, the latest one without `version`. @throws when there is not exactly one. */
  async login(name: string, version?: string): Promise<Login> {
    const { value = '' } = await this.secrets.getSecret(name, version === undefined ? {} : { version });
    const [entry, ...others] = Object.entries(dockerConfig.parse(JSON.parse(value)).auths);
    if (!entry || others.length > 0) throw new Error(`${name} holds ${others.length + (entry ? 1 : 0)} logins.`);
    const [host, { auth }] = entry;
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    return { host, user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  }

  #registry(): [resourceGroup: string, registry: string] {
    return [this.endpoints.azure.resourceGroup, this.endpoints.azure.registry];
  }
}

async function names(items: AsyncIterable<{ name?: string }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of items) if (name !== undefined) found.push(name);
  return found.toSorted();
}
