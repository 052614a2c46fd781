import type { Config } from '../../settings/config.js';
import { FIX_COMMANDS } from '../../domain/check/fixCommands.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { Problem } from '../../domain/operations/operation.js';
import { actionsCover, READ_ACTIONS } from '@connected-registry/protocol/names/permissions';
import type { CredentialPlan } from '../../domain/onboarding/plan.js';
import { takesWrites } from '@connected-registry/protocol/registry/armEnumerations';
import { worstPathSeconds } from '@connected-registry/protocol/registry/syncSchedule';
import { aboutOverlap } from '../rotation/overlapProblems.js';
import type { Findings } from './findings.js';
import { aboutScopeMap, aboutToken } from './rightsProblems.js';
import { aboutUnknownScopes, aboutUnreadableSchedules, aboutUnreadFacts } from './unknownProblems.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Conclusions from the findings of preflight. */
export interface Conclusions {
  readonly endpoint: string;
  readonly scopeMap: 'absent' | 'same' | 'other';
  readonly bound: boolean;
  readonly credential: CredentialPlan | undefined;
  /** True when the revocation that this onboarding clears disabled the token. */
  readonly isRevoked: boolean;
}

/**
 * Finds all problems of an onboarding at once, each with its fix. Facts that depend on a missing resource are not
 * judged. Rules: Azure docs, intro-connected-registry and container-registry-token-based-repository-permissions.
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
    ...aboutLife(findings, onboarding, config),
    ...aboutUnknownScopes(findings, onboarding),
    ...aboutUnreadFacts(findings, onboarding),
  ];
}

/** Checks that the credential can be rotated in time, with the sync schedule of this connected registry. */
function aboutLife({ connectedRegistry, ancestors }: Findings, onboarding: Onboarding, config: Config): Problem[] {
  if (!connectedRegistry) return [];
  const { credentialLifetimeDays } = onboarding;
  const now = new Date();
  const syncPath = [connectedRegistry, ...ancestors];
  return [
    ...aboutOverlap({ worstPathSeconds: worstPathSeconds(syncPath, now), credentialLifetimeDays }, config, onboarding),
    ...aboutUnreadableSchedules(syncPath, onboarding.registry, now),
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
  if (!sameName(found.tier, 'Premium'))
    problems.push({
      code: 'registry-not-premium',
      field: 'registry',
      message: `The registry ${registry} is of tier ${found.tier}; connected registries need Premium.`,
      fix: FIX_COMMANDS.upgradeRegistry({ registry }),
    });
  if (found.dataEndpointEnabled === false)
    problems.push({
      code: 'data-endpoint-disabled',
      field: 'registry',
      message: `The registry ${registry} has no dedicated data endpoint; connected registries need one.`,
      fix: FIX_COMMANDS.enableDataEndpoint({ registry }),
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
        fix: `Name an existing one; this lists them: ${FIX_COMMANDS.listConnectedRegistries({ registry })}`,
      },
    ];
  return [found, ...findings.ancestors]
    .filter((item) => item.isActive === false)
    .map(({ name }) => ({
      code: 'connected-registry-inactive',
      field: 'connectedRegistry',
      message: `The connected registry ${name} has not been activated by its installation at the edge.`,
      fix: `Install it at the edge with the settings that this command prints: ${FIX_COMMANDS.connectedRegistrySettings({ registry, connectedRegistry: name })}`,
    }));
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

/** Maximum problems about repositories: problems are kept in the durable history. */
const MAX_REPOSITORY_PROBLEMS = 20;

function aboutRepositories(findings: Findings, onboarding: Onboarding): Problem[] {
  if (!findings.connectedRegistry) return [];
  const { registry, connectedRegistry } = onboarding;
  const problems = Object.entries(onboarding.permissions).flatMap(([repository, actions]): Problem[] => {
    const chain = [{ name: connectedRegistry, syncScope: findings.syncScope }, ...findings.ancestors];
    const lacking = chain.filter(({ syncScope }) =>
      actions.some(
        (action) => READ_ACTIONS.includes(action) && syncScope && !actionsCover(syncScope, repository, action),
      ),
    );
    if (lacking.length === 0) return [];
    const asked = actions.filter((action) => READ_ACTIONS.includes(action)).join(', ');
    return [
      {
        code: 'repository-not-synced',
        field: `repositories.${repository}`,
        message: `${repository} (${asked}) is not in the sync scope of ${lacking.map(({ name }) => name).join(' and ')}.`,
        fix: FIX_COMMANDS.addToSyncScope({ registry, connectedRegistry, repository }),
      },
    ];
  });
  if (problems.length > MAX_REPOSITORY_PROBLEMS) {
    const more = problems.splice(MAX_REPOSITORY_PROBLEMS).length;
    problems.push({
      code: 'repository-not-synced',
      field: 'repositories',
      message: `And ${more} more of the repositories are not in the sync scope.`,
      fix: 'Fix the problems above first, or request fewer repositories.',
    });
  }
  const writes = Object.entries(onboarding.permissions).filter(([, actions]) =>
    actions.some((action) => !READ_ACTIONS.includes(action)),
  );
  if (writes.length > 0 && takesWrites(findings.connectedRegistry.mode) === false)
    problems.push({
      code: 'connected-registry-read-only',
      field: `repositories.${writes[0]?.[0] ?? ''}`,
      message: `${connectedRegistry} is of mode ${findings.connectedRegistry.mode}; clients cannot write to it.`,
      fix: 'Request content/read and metadata/read only: the mode of a connected registry cannot be changed.',
    });
  return problems;
}

function aboutCap(findings: Findings, onboarding: Onboarding, config: Config, bound: boolean): Problem[] {
  const count = findings.connectedRegistry?.clientTokens.length ?? 0;
  const max = config.caps.clientsPerConnectedRegistry;
  if (bound || count < max) return [];
  return [
    {
      code: 'too-many-clients',
      field: 'connectedRegistry',
      message: `${onboarding.connectedRegistry} has ${count} of at most ${max} clients.`,
      fix: 'Remove a client, use another connected registry, or raise CLIENTS_PER_CONNECTED_REGISTRY if Azure allows you more.',
    },
  ];
}
