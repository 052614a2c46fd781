/**
 * The steps that an operation shows, compensations included, each with the phase that the operation is in from then on.
 * A step with `null` belongs to the phase before it; while a run undoes, its phase is `undoing` whatever the step.
 */
const PHASES = {
  preflight: 'preflight',
  setPoller: 'poller',
  ensureScopeMap: 'scopeMap',
  enableToken: 'token',
  ensureToken: 'token',
  grantAccess: 'access',
  issueCredentials: 'credentials',
  bind: 'bind',
  pullCheck: 'pullCheck',
  promote: 'promote',
  recordVerification: null,
  confirmAccess: null,
  removeFormerAccess: null,
  announce: null,

  clearOtherSlot: null,
  awaitSync: 'sync',
  alert: null,

  plan: 'plan',
  unbind: 'token',
  clearPasswords: null,
  restoreMap: null,
  deleteToken: null,
  removeScopeMap: 'scopeMap',
  retireSecret: 'secrets',
  forget: null,

  mark: 'mark',
  disable: 'disable',
  endRun: 'endRun',
  disableAgain: 'disableAgain',

  restorePoller: null,
  releaseScopeMap: null,
  keepScopeMap: null,
  disableToken: null,
  removeToken: null,
  withdrawAccess: null,
  withdrawBindingRequest: null,
  restoreTokenScopeMap: null,
  clearSlot: null,
  keepCandidate: null,
  retireCandidate: null,
  retirePromoted: null,

  checkClients: 'check',
  findLeftOvers: 'check',
  logCheck: 'check',
  waitForOtherRun: 'waiting',

  findDueRotations: 'looking',
  revokeOldPasswords: null,
  advanceRuns: 'starting',

  claimRollout: 'opening',
  findStarted: 'cancelling',
  openRollout: null,
  advanceRollout: null,
  planRollout: null,
  endRollout: null,
} as const;

/** Name of a step, as callers see it in an operation. The API promises these names. */
export type StepName = keyof typeof PHASES;

/** Every step name. */
export const STEP_NAMES: ReadonlySet<string> = new Set(Object.keys(PHASES));

/** The phase that begins with a step; `null` when the step belongs to the phase before it. */
export function phaseOf(step: StepName): string | null {
  return PHASES[step];
}

/** Whether a run has come to a step. @param steps names of the run's steps, as its status shows them */
export function hasReached(steps: readonly string[], step: StepName): boolean {
  return steps.includes(step);
}
