import type { Activities } from '../../activities/activities.js';
import type { RunActivities } from '../../activities/runs/runActivities.js';
import type { DoneValue } from '../../domain/operations/stepOutcome.js';
import type { Flow } from './flow.js';

type AllActivities = Activities & RunActivities;
type ActivityName = keyof AllActivities;

/** Activities as a flow calls them: typed input, and the value of a `done` outcome. */
export type ActivityCalls = {
  readonly [Name in keyof AllActivities]: (
    input: Parameters<AllActivities[Name]>[0],
  ) => Flow<DoneValue<Awaited<ReturnType<AllActivities[Name]>>>>;
};

/** Every activity once: an activity without its name here does not compile. Orchestrations import the types of activities only. */
const ACTIVITIES: Readonly<Record<ActivityName, true>> = {
  preflight: true,
  ensureToken: true,
  grantAccess: true,
  withdrawAccess: true,
  issueCredentials: true,
  checkBinding: true,
  checkCredential: true,
  readSync: true,
  readHubKeys: true,
  requestPullCheck: true,
  promote: true,
  recordVerification: true,
  announcePromotion: true,
  planRotation: true,
  revokeOldPasswords: true,
  alertRotationFailed: true,
  alertRotationsStopped: true,
  auditSweepEnd: true,
  alertRolloutPaused: true,
  alertRolloutCompleted: true,
  auditRolloutEnd: true,
  auditProfileEnd: true,
  isSwept: true,
  retireCandidate: true,
  retirePromoted: true,
  clearSlot: true,
  keepCandidate: true,
  restoreTokenScopeMap: true,
  removeToken: true,
  enableToken: true,
  disableTokens: true,
  disableSecrets: true,
  findAccess: true,
  findNearClients: true,
  planOffboarding: true,
  deleteToken: true,
  clearPasswords: true,
  retireSecret: true,
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

/** `yield* activities.ensureToken(input)` calls the activity of that name. @param call calls one activity by its name */
export function activityCalls(call: (name: string, input: object) => Flow<unknown>): ActivityCalls {
  const calls = Object.keys(ACTIVITIES).map((name) => [name, (input: object) => call(name, input)]);
  // Each property calls the activity of that very name, so the type holds by construction.
  return Object.fromEntries(calls) as ActivityCalls;
}
