import { ANONYMOUS } from './access/identities.js';
import { identifyArmCaller } from './arm/armRoute.js';
import { connectedRegistryRoutes } from './arm/connectedRegistries/connectedRegistries.js';
import { armErrorReply } from './arm/errors.js';
import { generateCredentialsRoute } from './arm/tokens/generateCredentials.js';
import { operationStatusRoutes } from './arm/longRunning/operationStatuses.js';
import { registryRoutes } from './arm/registries.js';
import { replicationRoutes } from './arm/replications.js';
import { roleAssignmentRoutes } from './arm/roles/roleAssignments.js';
import { roleDefinitionRoutes } from './arm/roles/roleDefinitions.js';
import { vaultResourceRoute } from './arm/vaults.js';
import { scopeMapRoutes } from './arm/tokens/scopeMaps.js';
import { subscriptionRoutes } from './arm/subscriptions.js';
import { tokenRoutes } from './arm/tokens/tokens.js';
import { Counters } from './control/counters.js';
import { Faults } from './control/faults.js';
import { controlRoutes } from './control/routes.js';
import { makeThrottle } from './control/throttling.js';
import { TokenVerifier } from './entra/accessTokens.js';
import { entraRoutes, identifyEntraClient } from './entra/routes.js';
import { eventSubscriptionRoutes } from './eventgrid/eventSubscriptions.js';
import { identifyPublisher, publishRoute } from './eventgrid/publish.js';
import { operationRoutes } from './eventgrid/operations.js';
import { systemTopicRoutes } from './eventgrid/systemTopics.js';
import { topicRoutes } from './eventgrid/topics.js';
import { gatewayRoutes, identifySyncToken } from './gateway/routes.js';
import { hubResourceRoutes } from './arm/hubs.js';
import { identifyHubCaller } from './iothub/hubRoute.js';
import { hubIdentityRoutes } from './iothub/identities.js';
import { methodRoutes } from './iothub/methods.js';
import { twinRoutes } from './iothub/twins.js';
import type { ApiReply, ApiRequest } from './http/message.js';
import { deletedSecretRoutes } from './keyvault/deletedSecrets.js';
import { secretRoutes } from './keyvault/secrets.js';
import { identifyVaultCaller } from './keyvault/vaultRoute.js';
import { makePipeline } from './pipeline.js';
import type { Plane } from './plane.js';

/** Assembles all services, with the authentication of their senders. */
export function makeAnswer(plane: Plane): (request: ApiRequest) => Promise<ApiReply | 'drop'> {
  const verifier = new TokenVerifier(plane);
  const counters = new Counters();
  const faults = new Faults();
  return makePipeline(plane, {
    routes: [
      ...entraRoutes(plane),
      ...subscriptionRoutes(plane),
      ...registryRoutes(plane),
      ...scopeMapRoutes(plane),
      ...tokenRoutes(plane),
      generateCredentialsRoute(plane),
      ...connectedRegistryRoutes(plane),
      ...replicationRoutes(plane),
      ...operationStatusRoutes(plane),
      ...roleAssignmentRoutes(plane),
      ...roleDefinitionRoutes(plane),
      vaultResourceRoute(plane),
      ...topicRoutes(plane),
      ...systemTopicRoutes(plane),
      ...operationRoutes(plane),
      ...eventSubscriptionRoutes(plane),
      publishRoute(plane),
      ...secretRoutes(plane),
      ...deletedSecretRoutes(plane),
      ...hubResourceRoutes(plane),
      ...hubIdentityRoutes(plane),
      ...twinRoutes(plane),
      ...methodRoutes(plane),
      ...gatewayRoutes(plane),
      ...controlRoutes(plane, counters, faults),
    ],
    identify: {
      entra: (request) => identifyEntraClient(plane, request),
      arm: (request) => identifyArmCaller(plane, verifier, request),
      vault: (request) => identifyVaultCaller(plane, verifier, request),
      topic: (request) => (request.method === 'POST' ? identifyPublisher(plane, verifier, request) : ANONYMOUS),
      iothub: (request) => identifyHubCaller(plane, verifier, request),
      gateway: identifySyncToken,
    },
    throttle: makeThrottle(plane),
    counters,
    faults,
    unknown,
  });
}

/** The services of a further vault. @param seeded the plane whose address issues tokens */
export function makeVaultAnswer(vault: Plane, seeded: Plane): (request: ApiRequest) => Promise<ApiReply | 'drop'> {
  const verifier = new TokenVerifier(seeded);
  return makePipeline(vault, {
    routes: [...secretRoutes(vault), ...deletedSecretRoutes(vault)],
    identify: { vault: (request) => identifyVaultCaller(seeded, verifier, request) },
    throttle: makeThrottle(vault),
    counters: new Counters(),
    faults: new Faults(),
    unknown,
  });
}

function unknown(request: ApiRequest, reason: 'path' | 'method'): ApiReply {
  if (reason === 'method') {
    return armErrorReply(405, 'MethodNotAllowed', `The method '${request.method}' is not allowed here.`);
  }
  const type = /\/providers\/([^/]+\/[^/]+)/i.exec(request.path)?.[1];
  return type === undefined
    ? armErrorReply(404, 'NotFound', 'There is nothing at this path.')
    : armErrorReply(404, 'InvalidResourceType', `The resource type of '${type}' at this path could not be found.`);
}
