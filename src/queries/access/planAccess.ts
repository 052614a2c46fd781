import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { endingGrants, type HeldAccess } from '../../domain/access/heldAccess.js';
import type { PlannedAccess } from '../../domain/access/plannedAccess.js';
import type { RecordedReaders } from '../../domain/clients/clientRecord.js';
import type { Problem } from '../../domain/operations/operation.js';
import type { SecretAssignment } from '../../ports/readAccess.js';
import type { Ports } from '../../ports/ports.js';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import { findVault } from '../../settings/vaults.js';
import type { AssignmentCount } from './assignmentCount.js';
import { assignmentsFull, identityByEvent, mayNotAssign, vaultUnknown } from './accessProblems.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { createCache } from '../cache.js';

/** What preflight finds about the device's access. */
export interface AccessFindings {
  readonly access?: PlannedAccess;
  readonly problems: readonly Problem[];
}

/** What is known of a client before its access is planned. */
export interface KnownAccess {
  /** By its record. */
  readonly readers: RecordedReaders | undefined;
  /** Whether the client has a credential, or had one that a revocation disabled. */
  readonly hasCredential: boolean;
}

/** Plans a device's access to its secrets: one read for a client that has it. @throws ServiceError */
export type PlanAccess = (
  onboarding: Onboarding,
  vaultHost: string | undefined,
  known: KnownAccess,
) => Promise<AccessFindings>;

/** Maximum age of the app's own right, in milliseconds: that of other facts that change rarely. */
const FRESH_FOR = 60_000;

/** @param count counts the role assignments of the vault's subscription */
export function createPlanAccess(
  { access: port, self }: Pick<Ports, 'access' | 'self'>,
  config: Pick<Config, 'vaults' | 'arm' | 'identity'>,
  count: AssignmentCount,
): PlanAccess {
  const [own] = armPrincipals(config);
  const cache = createCache(FRESH_FOR);

  return async (onboarding, vaultHost, known) => {
    const { identity } = onboarding;
    if (identity === undefined) return { problems: [] };
    // A vault that the settings do not list has failed the plan before.
    const { resourceId: vault, url } = findVault(config, vaultHost) ?? config.vaults[0];
    if (vault === undefined) return { problems: [vaultUnknown(url)] };
    if (onboarding.identityByEvent && !mayEventName(identity, known)) return { problems: [identityByEvent(identity)] };
    const present = (await mayAssign(vault)) ? await listed(vault, identity) : undefined;
    if (present === undefined) return { problems: [mayNotAssign(vault, await self.namesOf(own))] };
    const access = planned(onboarding, identity, { vault, present, held: known.readers?.access });
    // Fewer calls: a client that has its access needs no count.
    const counted = access.missing.length === 0 ? undefined : await count(vault);
    const isFull = counted !== undefined && counted.count + access.missing.length > counted.limit;
    return { access, problems: isFull ? [assignmentsFull(vault, counted, access.missing.length)] : [] };
  };

  /** Undefined: the right was taken from the app since it was read. */
  async function listed(resource: string, { principalId }: DeviceIdentity) {
    try {
      return await port.listAssignments(resource, principalId);
    } catch (error) {
      if (error instanceof ServiceError && error.kind === 'forbidden') return undefined;
      throw error;
    }
  }

  /** A right that is missing is read again each time: somebody may just have given it. */
  async function mayAssign(resource: string): Promise<boolean> {
    const { reads } = cache;
    const { nth, value } = cache.read(resource, () => port.mayAssign(resource));
    if ((await value) || nth > reads) return value;
    return cache.read(resource, () => port.mayAssign(resource), { after: nth }).value;
  }
}

/**
 * Whether an event may name this identity: that of a new client, the one that the client has, or the one that a client
 * without a credential had last. Whoever sends events could otherwise read the credential of a client that an operator
 * set up, if need be after having it offboarded.
 */
function mayEventName({ principalId }: DeviceIdentity, { readers, hasCredential }: KnownAccess): boolean {
  const identity = readers?.access?.identity;
  if (identity !== undefined) return identity.principalId === principalId;
  if (hasCredential) return false;
  return readers?.isKnown !== true || readers.lastIdentity === principalId;
}

function planned(
  reference: ClientReference,
  identity: DeviceIdentity,
  {
    vault,
    present,
    held,
  }: {
    readonly vault: string;
    readonly present: readonly SecretAssignment[];
    readonly held: HeldAccess | undefined;
  },
): PlannedAccess {
  const { principalId } = identity;
  const own = held?.grants.find((one) => one.principalId === principalId && sameName(one.vault, vault));
  const secrets = [mainSecretName(reference), candidateSecretName(reference)];
  const isPresent = (secret: string) => present.some((one) => sameName(one.secret, secret));
  // What is still marked for removal would be removed, so it is made again.
  const isEnding = (secret: string) =>
    own !== undefined && endingGrants({ grants: [own] }).length > 0 && own.made.includes(secret);
  const missing = secrets.filter((secret) => !isPresent(secret) || isEnding(secret));
  const grants = held === undefined ? [] : held.grants;
  // What cannot be removed is no work for this run. A revocation and an offboarding tell it.
  const former = grants.filter((one) => one !== own && one.made.length > 0 && one.state !== 'unreached');
  return {
    ...identity,
    vault,
    missing,
    foreign: secrets.filter((secret) => !missing.includes(secret) && own?.made.includes(secret) !== true),
    former: former.map((one) => ({ principalId: one.principalId, made: one.made })),
    isRecorded: held?.identity?.principalId === principalId,
  };
}
