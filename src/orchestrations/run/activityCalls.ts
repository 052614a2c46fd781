import type { AllActivities } from '../../activities/runs/runActivities.js';
import type { DoneValue } from '../../domain/operations/stepOutcome.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import type { Flow } from './flow.js';

type ActivityName = keyof AllActivities;

/** The run itself says where its client's secrets are, so that no flow can forget it. */
type WithoutVault<Input> = Input extends InVault ? Omit<Input, keyof InVault> : Input;

/** Activities as a flow calls them: typed input, and the value of a `done` outcome. */
export type ActivityCalls = {
  readonly [Name in keyof AllActivities]: (
    input: WithoutVault<Parameters<AllActivities[Name]>[0]>,
  ) => Flow<DoneValue<Awaited<ReturnType<AllActivities[Name]>>>>;
};

/**
 * `in a vault`: the activity's input says where the client's secrets are. No other input does: what is sent must name
 * no vault.
 */
type CallPlace<Input> = Input extends InVault ? 'in a vault' : true;

/**
 * Every activity once: an activity without its name here does not compile. Orchestrations import the types of
 * activities only.
 */
const ACTIVITIES: { readonly [Name in ActivityName]: CallPlace<Parameters<AllActivities[Name]>[0]> } = {
  preflight: 'in a vault',
  ensureToken: 'in a vault',
  grantAccess: 'in a vault',
  withdrawAccess: 'in a vault',
  issueCredentials: 'in a vault',
  checkBinding: true,
  checkCredential: 'in a vault',
  readSync: true,
  readHubKeys: true,
  requestPullCheck: 'in a vault',
  promote: 'in a vault',
  recordVerification: 'in a vault',
  announcePromotion: 'in a vault',
  planRotation: 'in a vault',
  revokeOldPasswords: true,
  alertRotationFailed: true,
  alertRotationsStopped: true,
  auditSweepEnd: true,
  alertRolloutPaused: true,
  alertRolloutCompleted: true,
  auditRolloutEnd: true,
  auditProfileEnd: true,
  isSwept: 'in a vault',
  retireCandidate: 'in a vault',
  retirePromoted: 'in a vault',
  clearSlot: 'in a vault',
  keepCandidate: 'in a vault',
  restoreTokenScopeMap: 'in a vault',
  removeToken: 'in a vault',
  enableToken: true,
  disableTokens: true,
  disableSecrets: 'in a vault',
  findAccess: 'in a vault',
  findNearClients: true,
  planOffboarding: 'in a vault',
  deleteToken: true,
  clearPasswords: true,
  retireSecret: 'in a vault',
  checkClients: true,
  checkPage: true,
  findLeftOvers: true,
  logCheck: true,
  startRunWhenFree: true,
  readPresentRun: true,
  endRun: true,
  findDueRotations: true,
  advanceRuns: true,
  claimRollout: true,
  findStarted: true,
  advanceRollout: true,
  planRollout: true,
};

/**
 * `yield* activities.ensureToken(input)` calls the activity of that name.
 * @param call calls one activity by its name; `isInVault`: its input also says where the client's secrets are
 */
export function activityCalls(call: (name: string, input: object, isInVault: boolean) => Flow<unknown>): ActivityCalls {
  const calls = Object.entries(ACTIVITIES).map(([name, place]) => [
    name,
    (input: object) => call(name, input, place === 'in a vault'),
  ]);
  // Each property calls the activity of that very name, so the type holds by construction.
  return Object.fromEntries(calls) as ActivityCalls;
}
