import type { AllActivities } from '../activities/runs/runActivities.js';
import type { ArmKind } from '../domain/resourceManager/rates.js';

/**
 * Requests to Resource Manager that work will probably send. What it does not use is returned; what it lacks it gets
 * amid work.
 */
export interface ArmNeeds extends Readonly<Partial<Record<ArmKind, number>>> {
  /** Many runs wait for this work, so that it goes before theirs. */
  readonly servesMany?: true;
  /**
   * Requests about the client's vault, which may be in another subscription than the registry. Only the app's own
   * identity sends them.
   */
  readonly of?: 'vault';
}

type NeedsOf<Name extends keyof AllActivities> = ArmNeeds | ((input: Parameters<AllActivities[Name]>[0]) => ArmNeeds);

/** Calls no service, or only services other than Resource Manager. */
const NONE: ArmNeeds = {};

/** The needs of every activity: an activity without an entry does not compile. A poll of a write is a read. */
const ACTIVITY_NEEDS: { readonly [Name in keyof AllActivities]: NeedsOf<Name> } = {
  // Facts of registry, maps and listings are shared by runs.
  preflight: { reads: 1 },
  ensureToken: { reads: 2, writes: 1 },
  grantAccess: ({ secrets, onlyLacking }) => ({
    of: 'vault',
    ...(onlyLacking ? { reads: 1 } : { writes: secrets.length }),
  }),
  // The assignments of one principal on both secrets.
  withdrawAccess: { of: 'vault', reads: 2, deletes: 2 },
  // In an adopted token, it looks for a password of others first.
  issueCredentials: ({ adopts }) => ({ reads: adopts ? 2 : 1, writes: 1 }),
  checkBinding: { reads: 1 },
  checkCredential: { reads: 1 },
  readSync: { reads: 1 },
  readHubKeys: NONE,
  requestPullCheck: NONE,
  promote: { reads: 1 },
  recordVerification: NONE,
  announcePromotion: NONE,
  planRotation: { reads: 2 },
  revokeOldPasswords: ({ clients }) => ({ reads: clients.length, writes: clients.length }),
  alertRotationFailed: NONE,
  alertRotationsStopped: NONE,
  auditSweepEnd: NONE,
  alertRolloutPaused: NONE,
  alertRolloutCompleted: NONE,
  auditRolloutEnd: NONE,
  auditProfileEnd: NONE,
  isSwept: NONE,
  retireCandidate: NONE,
  retirePromoted: NONE,
  clearSlot: { reads: 1, writes: 1 },
  keepCandidate: { reads: 1, writes: 1 },
  restoreTokenScopeMap: { reads: 2, writes: 1 },
  removeToken: { reads: 3, writes: 1, deletes: 1 },
  enableToken: { reads: 1, writes: 1 },
  disableTokens: ({ tokens }) => ({ reads: tokens.length, writes: tokens.length }),
  disableSecrets: NONE,
  findAccess: { reads: 3 },
  findNearClients: { reads: 2 },
  planOffboarding: { reads: 3 },
  deleteToken: { reads: 3, writes: 1, deletes: 1 },
  clearPasswords: { reads: 1, writes: 1 },
  retireSecret: NONE,
  checkClients: { reads: 3 },
  checkPage: { reads: 2 },
  findLeftOvers: { reads: 3 },
  logCheck: NONE,
  startRunWhenFree: NONE,
  readPresentRun: NONE,
  endRun: NONE,
  findDueRotations: NONE,
  advanceRuns: NONE,
  claimRollout: NONE,
  findStarted: NONE,
  advanceRollout: NONE,
  // It plans fifty clients, and takes further tokens if their facts are not shared.
  planRollout: { reads: 50 },
};

/** The needs of one call of an activity. */
export function activityNeeds(name: string, input: object): ArmNeeds {
  // The input of an activity has the type of its parameter.
  const table = ACTIVITY_NEEDS as Readonly<Record<string, ArmNeeds | ((input: object) => ArmNeeds)>>;
  const needs = table[name];
  if (needs === undefined) return NONE;
  return typeof needs === 'function' ? needs(input) : needs;
}
