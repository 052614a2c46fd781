import type { World } from './world.js';

interface Identity {
  clientId: string;
  clientSecret: string;
}

/** Content of endpoints.json: everything that a program needs to use the running stack. URLs have no trailing slash. */
export interface Endpoints {
  /**
   * `url` is without /api; `key` opens every operator route; `pid` changes when the host is restarted. For an external
   * host `pid` is null, and `key` is empty if it has none, or has not written it yet.
   */
  functions: { url: string; key: string; pid: number | null };
  /** `authority` is without the tenant. */
  azure: {
    arm: string;
    authority: string;
    caFile: string;
    tenantId: string;
    subscriptionId: string;
    resourceGroup: string;
    registry: string;
    loginServer: string;
  };
  keyVault: { url: string };
  /** The topic for onboarding requests. */
  eventGrid: { topicEndpoint: string; key: string };
  /** The topic for messages to devices. */
  signals: { topicEndpoint: string };
  identities: { operator: Identity; app: Identity; device: Identity };
  /** `host` is host:port, the connected registry's login server in ARM and the key in a secret's `auths`. */
  edge: { host: string; connectedRegistry: string };
}

/** Combines what the started processes reported. */
export function describeEndpoints(
  world: World,
  found: { functions: Endpoints['functions']; azureUrl: string; caFile: string; edgeHost: string },
): Endpoints {
  const identity = ({ clientId, clientSecret }: Identity): Identity => ({ clientId, clientSecret });
  return {
    functions: found.functions,
    azure: {
      arm: found.azureUrl,
      authority: found.azureUrl,
      caFile: found.caFile,
      tenantId: world.tenantId,
      subscriptionId: world.subscriptionId,
      resourceGroup: world.resourceGroup,
      registry: world.registry,
      loginServer: world.loginServer,
    },
    keyVault: { url: found.azureUrl },
    eventGrid: { topicEndpoint: world.topics.requests.endpoint, key: world.topics.requests.key },
    signals: { topicEndpoint: world.topics.signals.endpoint },
    identities: {
      operator: identity(world.identities.operator),
      app: identity(world.identities.app),
      device: identity(world.identities.device),
    },
    edge: { host: found.edgeHost, connectedRegistry: world.connectedRegistry },
  };
}
