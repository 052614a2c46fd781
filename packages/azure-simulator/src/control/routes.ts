import { z } from 'zod';
import { RATE_LIMITS } from './rateLimits.js';
import type { Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { SimulatorSettings } from '../settings.js';
import { newest } from '../keyvault/vaultState.js';
import type { Counters } from './counters.js';
import { clockRoutes } from './clockRoutes.js';
import { controlRoute as route, problem, withBody } from './controlRoute.js';
import { faultRule, type Faults } from './faults.js';
import { principalRoutes } from './identities.js';

const rate = z.strictObject({ size: z.number().min(1), perSecond: z.number().positive() });

const settings = z
  .strictObject({
    clientsPerConnectedRegistry: z.int().min(1),
    permissionsPerScopeMap: z.int().min(1),
    tokensPerRegistry: z.int().min(1),
    roleAssignmentsPerSubscription: z.int().min(1),
    replicationSeconds: z.number().min(0),
    asynchronousWrites: z.enum(['recorded', 'always']),
    pace: z.enum(['quick', 'azure']),
    operationMilliseconds: z.int().min(0).max(3_600_000),
    credentialsLater: z.boolean(),
    operationResultsRight: z.enum(['open', 'enforced']),
    recoverableDays: z.int().min(7).max(90),
    purgeProtection: z.boolean(),
    rateLimits: z.union([z.enum(RATE_LIMITS), z.strictObject({ reads: rate, writes: rate, deletes: rate })]),
    throttling: z.number().min(0),
  })
  .partial();

const repository = z.strictObject({
  registry: z.string().min(1),
  name: z.string().min(1),
  tags: z.array(z.string().min(1)),
});

/**
 * The test controls. Nothing like them exists in Azure, and clients of the services do not need them. They require no
 * authentication, because the server listens on this machine only.
 */
export function controlRoutes(plane: Plane, counters: Counters, faults: Faults): Route[] {
  return [
    route('GET', 'state', () => ({ status: 200, body: stateOf(plane) })),
    route('GET', 'requests', () => ({ status: 200, body: counters.report() })),
    route('DELETE', 'requests', () => {
      counters.reset();
      return { status: 204 };
    }),
    route('GET', 'faults', () => ({ status: 200, body: faults.list() })),
    route('POST', 'faults', (call) =>
      withBody(call, z.union([faultRule, z.array(faultRule)]), (rules) => {
        const ids = [rules].flat().map((rule) => faults.add(rule));
        return { status: 201, body: { ids } };
      }),
    ),
    route('DELETE', 'faults', () => {
      faults.clear();
      return { status: 204 };
    }),
    ...clockRoutes(plane),
    ...principalRoutes(plane),
    route('GET', 'settings', () => ({ status: 200, body: plane.settings })),
    route('PATCH', 'settings', (call) =>
      withBody(call, settings, (wanted) => {
        const defined = Object.entries(wanted).filter(([, value]) => value !== undefined);
        Object.assign(plane.settings, Object.fromEntries(defined) as Partial<SimulatorSettings>);
        return { status: 200, body: plane.settings };
      }),
    ),
    route('POST', 'rewrite', () => {
      plane.rewrite();
      return { status: 202 };
    }),
    route('PUT', 'repositories', (call) =>
      withBody(call, repository, (wanted) => {
        const registry = plane.arm.registries.get(wanted.registry);
        if (!registry) return problem(404, `The registry ${wanted.registry} does not exist.`);
        if (wanted.tags.length === 0) registry.repositories.delete(wanted.name);
        else registry.repositories.set({ name: wanted.name, tags: wanted.tags });
        return { status: 204 };
      }),
    ),
  ];
}

/** The state, without secret values, password hashes and webhook addresses. */
function stateOf(plane: Plane): unknown {
  return {
    tenantId: plane.arm.tenantId,
    subscriptionId: plane.arm.subscriptionId,
    resourceGroups: plane.arm.resourceGroups,
    roleAssignments: plane.arm.roleAssignments,
    registries: [...plane.arm.registries.values()].map((registry) => ({
      ...registry,
      tokens: [...registry.tokens.values()].map((token) => ({
        ...token,
        passwords: token.passwords.map(({ name, creationTime, expiry }) => ({ name, creationTime, expiry })),
      })),
    })),
    vault: {
      name: plane.arm.vaultName,
      secrets: [...plane.vault.secrets.values()].map((secret) => ({
        name: secret.name,
        versions: secret.versions.map(({ value: _value, ...rest }) => rest),
      })),
      deleted: [...plane.vault.deleted.values()].map((secret) => ({
        name: secret.name,
        versions: secret.versions.length,
        tags: newest(secret).tags,
      })),
    },
    topics: plane.broker.topics().map(({ keys: _keys, ...topic }) => topic),
    eventSubscriptions: plane.broker
      .allSubscriptions()
      .map(({ endpointUrl: _url, validationCode: _code, deliveryAttributeMappings: _secrets, ...rest }) => rest),
    iotHub: {
      name: plane.hub.state.name,
      identities: [...plane.hub.state.identities.values()].map(({ authentication, ...identity }) => ({
        ...identity,
        authenticationType: authentication.type,
        connectionState: plane.hub.connectionState({ ...identity, authentication }),
      })),
    },
    deliveries: plane.broker.deliveries().map(({ event, ...delivery }) => ({ ...delivery, eventId: event.event.id })),
    settings: plane.settings,
  };
}
