import { z } from 'zod';
import { KEY_VAULT_SECRETS_USER } from '../../domain/access/secretsUser.js';
import type { AssignmentUsage, ReadAccess, SecretAssignment } from '../../ports/readAccess.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import { armBuckets } from '../budget/armBuckets.js';
import { budgetPolicy } from '../budget/budgetPolicy.js';
import type { Turns } from '../budget/turns.js';
import { calling, mentions, UnreadableAnswer } from '../calls/serviceErrors.js';
import type { CredentialOf } from '../identity/armCredentials.js';
import { armRequests } from './armRequests.js';
import { permitsAssigning, permissionList } from './permissions.js';

/** Api-versions. Source: azure-rest-api-specs, authorization. */
const ASSIGNMENTS = '2022-04-01';
const PERMISSIONS = '2022-04-01';
const USAGE = '2019-08-01-preview';

const PROVIDER = 'providers/Microsoft.Authorization';

/** For whoever looks at the assignment in the portal. */
const DESCRIPTION = 'A device reads the credential of its connected registry (connected registry onboarding).';

const assignmentList = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      properties: z.object({ roleDefinitionId: z.string(), principalId: z.string(), scope: z.string() }),
    }),
  ),
  nextLink: z.string().nullish(),
});

const assignmentAnswer = z.object({ properties: z.object({ createdBy: z.string().nullish() }) });

const usageAnswer = z.object({ roleAssignmentsLimit: z.int(), roleAssignmentsCurrentCount: z.int() });

/**
 * Creates the port on Resource Manager. All requests are sent by the app's own identity: only that one has the role for
 * it.
 *
 * @param turns gives each request its token, of the vault's subscription.
 */
export function createArmReadAccess(
  config: Pick<Config, 'arm' | 'identity'>,
  credentialOf: CredentialOf,
  turns: Turns,
): ReadAccess {
  const [own] = armPrincipals(config);
  const budget = budgetPolicy(turns, armBuckets(config.arm.rates).ofRequest(own));
  const send = armRequests(config.arm, credentialOf(own), budget);

  /** @throws ServiceError, also for an answer without the required form */
  function read<T extends z.ZodType>(
    operation: ServiceOperation,
    vault: string,
    address: string,
    schema: T,
  ): Promise<z.output<T>> {
    return calling(operation, nameOf(vault), async () => parsed(schema, await send({ method: 'GET', address })));
  }

  async function listed(vault: string, filter: string): Promise<SecretAssignment[]> {
    const found: SecretAssignment[] = [];
    let address: string | undefined = `${vault}/${PROVIDER}/roleAssignments?api-version=${ASSIGNMENTS}${filter}`;
    while (address) {
      const page: z.output<typeof assignmentList> = await read(
        'list role assignments of vault',
        vault,
        address,
        assignmentList,
      );
      found.push(...page.value.flatMap((item) => onSecret(vault, item)));
      address = page.nextLink ?? undefined;
    }
    return found;
  }

  return {
    listAssignments: (vault, principalId) =>
      listed(
        vault,
        principalId === undefined ? '' : `&$filter=${encodeURIComponent(`principalId eq '${principalId}'`)}`,
      ),

    createAssignment: async (vault, { name, secret, principalId, principalType }) => {
      const roleDefinitionId = `/subscriptions/${subscriptionOf(vault)}/${PROVIDER}/roleDefinitions/${KEY_VAULT_SECRETS_USER}`;
      const properties = { roleDefinitionId, principalId, principalType, description: DESCRIPTION };
      try {
        await calling('create role assignment on secret', secret, () =>
          send({ method: 'PUT', address: assignmentAddress(vault, secret, name), body: { properties } }),
        );
        return true;
      } catch (error) {
        if (error instanceof ServiceError && error.status === 409 && mentions(error, 'RoleAssignmentExists'))
          return false;
        throw error;
      }
    },

    findAssignment: async (vault, { name, secret }) => {
      try {
        const address = assignmentAddress(vault, secret, name);
        const { properties } = await calling('get role assignment on secret', secret, async () =>
          parsed(assignmentAnswer, await send({ method: 'GET', address })),
        );
        return { createdBy: properties.createdBy?.toLowerCase() || undefined };
      } catch (error) {
        if (error instanceof ServiceError && error.kind === 'notFound') return undefined;
        throw error;
      }
    },

    deleteAssignment: async (vault, { name, secret }) => {
      try {
        await calling('delete role assignment on secret', secret, () =>
          send({ method: 'DELETE', address: assignmentAddress(vault, secret, name) }),
        );
      } catch (error) {
        // A 404 means that the vault is gone, and all assignments below it.
        if (!(error instanceof ServiceError) || error.kind !== 'notFound') throw error;
      }
    },

    mayAssign: async (vault) => {
      const address = `${vault}/${PROVIDER}/permissions?api-version=${PERMISSIONS}`;
      try {
        return permitsAssigning(await read('read permissions on vault', vault, address, permissionList));
      } catch (error) {
        // Whoever may write role assignments may read permissions: the built-in roles that can have */read.
        if (error instanceof ServiceError && error.kind === 'forbidden') return false;
        throw error;
      }
    },

    countAssignments: async (vault): Promise<AssignmentUsage> => {
      const address = `/subscriptions/${subscriptionOf(vault)}/${PROVIDER}/roleAssignmentsUsageMetrics?api-version=${USAGE}`;
      const { roleAssignmentsLimit: limit, roleAssignmentsCurrentCount: count } = await read(
        'count role assignments of the subscription of vault',
        vault,
        address,
        usageAnswer,
      );
      return { limit, count };
    },
  };
}

function parsed<T extends z.ZodType>(schema: T, answer: unknown): z.output<T> {
  const result = schema.safeParse(answer);
  if (!result.success) throw new UnreadableAnswer();
  return result.data;
}

function assignmentAddress(vault: string, secret: string, name: string): string {
  return `${vault}/secrets/${secret}/${PROVIDER}/roleAssignments/${name}?api-version=${ASSIGNMENTS}`;
}

type Listed = z.output<typeof assignmentList>['value'][number];

/** The assignment, if it is one of the role on a secret of the vault. */
function onSecret(vault: string, { name, properties }: Listed): SecretAssignment[] {
  const { roleDefinitionId, principalId, scope } = properties;
  const prefix = `${vault}/secrets/`.toLowerCase();
  const secret = scope.toLowerCase().startsWith(prefix) ? scope.slice(prefix.length) : '';
  const isRole = roleDefinitionId.toLowerCase().endsWith(`/${KEY_VAULT_SECRETS_USER}`);
  if (!isRole || secret === '' || secret.includes('/')) return [];
  return [{ name: name.toLowerCase(), secret, principalId: principalId.toLowerCase() }];
}

function subscriptionOf(vault: string): string {
  return vault.split('/')[2] ?? '';
}

function nameOf(vault: string): string {
  return vault.split('/').at(-1) ?? '';
}
