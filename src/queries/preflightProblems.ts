import type { Config } from '../config.js';
import type { Onboarding } from '../domain/onboardingRequest.js';
import type { Problem } from '../domain/operation.js';
import { actionsCover, hasGatewayActions, READ_ACTIONS, toActions } from '../domain/permissions.js';
import type { CredentialPlan } from '../domain/plan.js';
import type { Findings } from './preflight.js';

interface Conclusions {
  readonly endpoint: string;
  readonly scopeMap: 'absent' | 'same' | 'other';
  readonly bound: boolean;
  readonly credential: CredentialPlan | undefined;
}

/**
 * Everything that stands in the way, at once, each with its fix. Where something is missing altogether, what depends on
 * it is not judged. Rules: Azure docs, intro-connected-registry and container-registry-token-based-repository-permissions.
 */
export function preflightProblems(
  findings: Findings,
  onboarding: Onboarding,
  config: Config,
  conclusions: Conclusions,
): Problem[] {
  const registryProblems = aboutRegistry(findings, onboarding);
  if (!findings.slow.registry) return registryProblems;
  return [
    ...registryProblems,
    ...aboutConnectedRegistry(findings, onboarding),
    ...aboutEndpoint(findings, onboarding, config, conclusions.endpoint),
    ...aboutRepositories(findings, onboarding),
    ...aboutScopeMap(findings, onboarding, config, conclusions.scopeMap),
    ...aboutToken(findings, onboarding, conclusions),
    ...aboutCap(findings, onboarding, config, conclusions.bound),
  ];
}

function aboutRegistry({ slow }: Findings, { registry }: Onboarding): Problem[] {
  const found = slow.registry;
  if (!found)
    return [
      {
        code: 'registry-not-found',
        field: 'registry',
        message: `The registry ${registry} does not exist, or the app may not read it.`,
        fix: 'Correct the setting REGISTRIES, or give the app its role on the registry.',
      },
    ];
  const problems: Problem[] = [];
  if (found.tier.toLowerCase() !== 'premium')
    problems.push({
      code: 'registry-not-premium',
      field: 'registry',
      message: `The registry ${registry} is of tier ${found.tier}; connected registries need Premium.`,
      fix: `az acr update --name ${registry} --sku Premium`,
    });
  if (!found.dataEndpointEnabled)
    problems.push({
      code: 'data-endpoint-disabled',
      field: 'registry',
      message: `The registry ${registry} has no dedicated data endpoint; connected registries need one.`,
      fix: `az acr update --name ${registry} --data-endpoint-enabled`,
    });
  return problems;
}

function aboutConnectedRegistry(findings: Findings, { registry, connectedRegistry }: Onboarding): Problem[] {
  const found = findings.connectedRegistry;
  if (!found)
    return [
      {
        code: 'connected-registry-not-found',
        field: 'connectedRegistry',
        message: `The registry ${registry} has no connected registry ${connectedRegistry}.`,
        fix: `az acr connected-registry list --registry ${registry}`,
      },
    ];
  if (found.isActive) return [];
  return [
    {
      code: 'connected-registry-inactive',
      field: 'connectedRegistry',
      message: `The connected registry ${connectedRegistry} has not been activated by its installation at the edge.`,
      fix: `az acr connected-registry get-settings --registry ${registry} --name ${connectedRegistry} --parent-protocol https --generate-password 1, then install it at the edge with them`,
    },
  ];
}

function aboutEndpoint(findings: Findings, onboarding: Onboarding, config: Config, endpoint: string): Problem[] {
  if (!findings.connectedRegistry) return [];
  if (endpoint === '')
    return [
      {
        code: 'endpoint-unknown',
        field: 'endpoint',
        message: `The connected registry ${onboarding.connectedRegistry} reports no login server.`,
        fix: 'Name the endpoint that devices use, as host:port, and list it in the setting ALLOWED_ENDPOINTS.',
      },
    ];
  const own = findings.connectedRegistry.loginServer?.toLowerCase();
  if (endpoint === own || config.allowedEndpoints.includes(endpoint)) return [];
  return [
    {
      code: 'endpoint-not-allowed',
      field: 'endpoint',
      message: `${endpoint} is neither the connected registry's login server (${own ?? 'none reported'}) nor allowed.`,
      fix: 'Leave the field out, or list the endpoint in the setting ALLOWED_ENDPOINTS.',
    },
  ];
}

function aboutRepositories(findings: Findings, onboarding: Onboarding): Problem[] {
  if (!findings.connectedRegistry) return [];
  const { registry, connectedRegistry } = onboarding;
  const problems = Object.entries(onboarding.permissions).flatMap(([repository, actions]): Problem[] => {
    const outside = actions.filter(
      (action) => READ_ACTIONS.includes(action) && !actionsCover(findings.syncScope, repository, action),
    );
    if (outside.length === 0) return [];
    return [
      {
        code: 'repository-not-synced',
        field: `repositories.${repository}`,
        message: `${repository} (${outside.join(', ')}) is not in the sync scope of ${connectedRegistry}.`,
        fix: `az acr connected-registry permissions update --registry ${registry} --name ${connectedRegistry} --add ${repository}`,
      },
    ];
  });
  const writes = Object.entries(onboarding.permissions).filter(([, actions]) =>
    actions.some((action) => !READ_ACTIONS.includes(action)),
  );
  if (writes.length > 0 && findings.connectedRegistry.mode.toLowerCase() !== 'readwrite')
    problems.push({
      code: 'connected-registry-read-only',
      field: `repositories.${writes[0]?.[0] ?? ''}`,
      message: `${connectedRegistry} is of mode ${findings.connectedRegistry.mode}; clients cannot write to it.`,
      fix: 'Ask for content/read and metadata/read only: a connected registry keeps the mode that it was created with.',
    });
  return problems;
}

function aboutScopeMap(
  findings: Findings,
  onboarding: Onboarding,
  config: Config,
  state: Conclusions['scopeMap'],
): Problem[] {
  const { registry, scopeMap } = onboarding;
  const wanted = toActions(onboarding.permissions);
  const problems: Problem[] = [];
  const most = config.caps.permissionsPerScopeMap;
  if (wanted.length > most)
    problems.push({
      code: 'too-many-permissions',
      field: 'repositories',
      message: `The request asks for ${wanted.length} permissions; a scope map holds ${most}.`,
      fix: 'Ask for fewer repositories, or for a wildcard such as samples/*.',
    });
  if (isConnectedRegistryName(findings, scopeMap) || hasGatewayActions(findings.scopeMap?.actions ?? []))
    problems.push({
      code: 'scope-map-reserved',
      field: 'scopeMap',
      message: `${scopeMap} belongs to a connected registry; a client must not have its rights.`,
      fix: 'Choose another name, or leave the field out.',
    });
  else if (state === 'other')
    problems.push({
      code: 'scope-map-different',
      field: 'scopeMap',
      message: `${scopeMap} exists with other rights. It has: ${listed(findings.scopeMap?.actions ?? [])}. Asked for: ${listed(wanted)}.`,
      fix: `Choose another name, or az acr scope-map update --registry ${registry} --name ${scopeMap}`,
    });
  return problems;
}

function aboutToken(findings: Findings, onboarding: Onboarding, { credential }: Conclusions): Problem[] {
  const { registry, token, connectedRegistry } = onboarding;
  const lower = token.toLowerCase();
  const isSyncToken = findings.slow.connectedRegistries.some((item) => item.syncToken?.toLowerCase() === lower);
  if (isSyncToken || isConnectedRegistryName(findings, token))
    return [
      {
        code: 'token-reserved',
        field: 'token',
        message: `${token} is a connected registry's name or its sync token; a client must not have it.`,
        fix: 'Choose another name, or leave the field out.',
      },
    ];
  const problems: Problem[] = [];
  const elsewhere = findings.slow.connectedRegistries.find(
    (item) =>
      item.name.toLowerCase() !== connectedRegistry.toLowerCase() &&
      item.clientTokens.some((name) => name.toLowerCase() === lower),
  );
  if (elsewhere)
    problems.push({
      code: 'token-bound-elsewhere',
      field: 'token',
      message: `${token} is bound to the connected registry ${elsewhere.name}.`,
      fix: `Choose another name, or az acr connected-registry update --registry ${registry} --name ${elsewhere.name} --remove-client-tokens ${token}`,
    });
  if (findings.token && !findings.token.isEnabled)
    problems.push({
      code: 'token-disabled',
      field: 'token',
      message: `${token} exists and is disabled; onboarding never enables a token that somebody disabled.`,
      fix: `az acr token update --registry ${registry} --name ${token} --status enabled`,
    });
  if (!credential)
    problems.push({
      code: 'slots-in-use',
      field: 'replaceSlot',
      message: `Both passwords of ${token} still work, and neither is in the vault.`,
      fix: 'Say which one may be overwritten: replaceSlot password1 or password2. Whoever uses it is cut off.',
    });
  return problems;
}

function aboutCap(findings: Findings, onboarding: Onboarding, config: Config, bound: boolean): Problem[] {
  const count = findings.connectedRegistry?.clientTokens.length ?? 0;
  const most = config.caps.clientsPerConnectedRegistry;
  if (bound || count < most) return [];
  return [
    {
      code: 'too-many-clients',
      field: 'connectedRegistry',
      message: `${onboarding.connectedRegistry} has ${count} clients already, of ${most} that it may have.`,
      fix: 'Remove a client, use another connected registry, or raise CLIENTS_PER_CONNECTED_REGISTRY if Azure allows you more.',
    },
  ];
}

function isConnectedRegistryName(findings: Findings, name: string): boolean {
  return findings.slow.connectedRegistries.some((item) => item.name.toLowerCase() === name.toLowerCase());
}

/** A list short enough for an answer: the first ten, and how many more. */
function listed(actions: readonly string[]): string {
  const shown = [...actions].sort().slice(0, 10).join(', ') || 'nothing';
  return actions.length > 10 ? `${shown} and ${actions.length - 10} more` : shown;
}
