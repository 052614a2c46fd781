import type { FoundRun } from '../../activities/runs/presentRun.js';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { grantTexts, othersAccess } from '../../domain/access/plannedAccess.js';
import { remainingTexts, type WithdrawnAccess } from '../../domain/access/withdrawnAccess.js';
import type { Marked } from '../../domain/clients/clientRecord.js';
import { keptByName } from '../../domain/offboarding/offboardingPlan.js';
import { ONBOARD, type Run } from '../../domain/operations/run.js';
import { hasReached } from '../../domain/operations/stepNames.js';
import type { EnabledAccess, SharedToken } from '../../domain/revocation/enabledAccess.js';
import { inCommonWith, keptForOthers } from '../../domain/tokens/sharedToken.js';
import type { Attempts } from '../run/attempts.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';
import { ClientRecords } from './clientRecord.js';
import { withdrawnGrants } from './readAccess.js';

/** What a look at the client found. */
export interface Disabled {
  readonly present?: FoundRun;
  /** Whether anything of the client is there, enabled or not. */
  readonly isThere: boolean;
}

/** Disables what gives a revoked client access, and keeps account of it. */
export class DisableAccess {
  private readonly reference: ClientReference;
  private readonly disabledNames = new Set<string>();
  /** What was found to work, and was neither disabled nor failed to be. */
  private readonly untried = new Set<string>();
  private readonly keptReasons = new Set<string>();
  /** What was taken back, by the last look. */
  private withdrawn: WithdrawnAccess | undefined;
  /** Whether a run in progress may have given access since the mark. */
  private mayHaveGrants = false;
  /** What could not be read, in words. */
  private unread: readonly string[] = [];

  constructor(
    private readonly run: RunContext<Run>,
    private readonly attempts: Attempts,
    private readonly marked: Marked,
  ) {
    this.reference = referenceOf(run.input.request);
  }

  get disabled(): string[] {
    return [...this.disabledNames];
  }
  /** What was kept on purpose, and why. */
  get kept(): string[] {
    return [...this.keptReasons];
  }
  /** What may still work besides the parts that failed. */
  get rest(): string[] {
    return [
      ...[...this.untried].map((what) => `${what}: it could not be tried, and may still work`),
      ...this.unread.map((what) => `unknown: ${what}`),
    ];
  }

  /** Disables tokens first, one write each; then hides the secrets. */
  *disableAll(): Flow<Disabled> {
    const { activities } = this.run;
    const { reference, marked } = this;
    const { revokedAt, orphaned, held } = marked;
    const found = yield* activities.readPresentRun({ reference, revokedAt });
    const run = found.present && tokenOf(found.present);
    this.mayHaveGrants ||= found.present !== undefined && hasReached(found.present.run.steps, 'grantAccess');
    const order = {
      reference,
      ...(run ? { run } : {}),
      ...(orphaned ? { orphaned } : {}),
      ...(held ? { held } : {}),
    };
    const first = yield* activities.findAccess({ ...order, goesOn: true });
    this.unread = first.unread;
    yield* this.disable(first);
    yield* this.withdraw();
    if (first.unread.length === 0) return { ...found, isThere: first.isThere };
    // What is known of the client is disabled; the rest is waited for, and listed if it stays unread.
    const rest = yield* activities.findAccess(order);
    this.unread = [];
    yield* this.disable(rest);
    return { ...found, isThere: first.isThere || rest.isThere };
  }

  /** The same, unless an onboarding that was requested after the revocation is at work. */
  *disableUnlessCleared(): Flow<void> {
    const { reference, marked } = this;
    const { present } = yield* this.run.activities.readPresentRun({ reference, revokedAt: marked.revokedAt });
    if (!present || !isClearing(present)) yield* this.disableAll();
  }

  private *disable(access: EnabledAccess): Flow<void> {
    const { run } = this;
    const names = [...new Set(access.secrets.map(({ name }) => name))];
    this.noteUntried(access, names);
    // Recorded before it is done: a run that clears the revocation enables only what the revocation disabled.
    if (access.tokens.length > 0) yield* new ClientRecords(run).call('noteDisabled', { tokens: access.tokens });
    // Each by itself: one that cannot be disabled keeps no other enabled, and the answer says which one it is.
    for (const token of access.tokens) yield* this.disableToken(token);
    for (const name of access.byName) this.keptReasons.add(keptByName(name));
    for (const shared of access.shared) yield* this.clearShared(shared);
    for (const name of names)
      yield* this.disableSecret(
        name,
        access.secrets.filter((version) => version.name === name),
      );
  }

  private noteUntried(access: EnabledAccess, secrets: readonly string[]): void {
    for (const token of access.tokens) this.untried.add(`token ${token}`);
    for (const { token, passwords } of access.shared)
      if (passwords.length > 0) this.untried.add(`our password on token ${token}`);
    for (const name of secrets) this.untried.add(`secret ${name}`);
  }

  private *disableToken(token: string): Flow<void> {
    const { registry } = this.reference;
    const done = yield* this.cut(`token ${token}`, 'all its passwords may still work', () =>
      this.run.activities.disableTokens({ registry, tokens: [token] }),
    );
    for (const name of done?.disabled ?? []) this.disabledNames.add(`token ${name}`);
  }

  private *disableSecret(name: string, versions: EnabledAccess['secrets']): Flow<void> {
    const done = yield* this.cut(`secret ${name}`, 'whoever may read it still can', () =>
      this.run.activities.disableSecrets({ versions }),
    );
    if (done) this.disabledNames.add(`secret ${name}`);
  }

  /** A token that another client also uses stays enabled: only the passwords that this client alone has go. */
  private *clearShared({ token, users, passwords, inCommon }: SharedToken): Flow<void> {
    const { registry } = this.reference;
    const cleared = yield* this.cut(`our password on token ${token}`, 'it may still work', () =>
      this.run.activities.clearPasswords({ registry, token, passwords }),
    );
    if (cleared?.cleared) this.disabledNames.add(`password of token ${token}`);
    this.keptReasons.add(keptForOthers(token, users));
    if (inCommon.length === 0) return;
    yield* this.attempts.part(`password of token ${token}`, function* () {
      throw new StepFailed('token-of-another-client', inCommonWith(token, users));
    });
  }

  /**
   * Takes back what this app let the device read, after tokens and secrets, which cut it off at once. The record
   * forgets it only when the revocation has ended: until then a late call of an earlier run may give it again.
   */
  private *withdraw(): Flow<void> {
    const { run } = this;
    const { access } = this.marked;
    const grants = access?.grants ?? [];
    for (const text of access ? othersAccess(access, this.reference) : []) this.keptReasons.add(text);
    if (!this.mayHaveGrants && !grants.some(({ made }) => made.length > 0)) return;
    const done = yield* this.cut('read access to the secrets', 'the device may still read them', function* () {
      yield* new ClientRecords(run).call('endGrants', {});
      return yield* run.activities.withdrawAccess({ reference: referenceOf(run.input.request) });
    });
    if (!done) return;
    this.withdrawn = done;
    for (const text of grantTexts(done.removed)) this.disabledNames.add(text);
    for (const text of remainingTexts(done)) this.keptReasons.add(text);
  }

  /** Has the record forget what was taken back. */
  forgetWithdrawn(): void {
    if (this.withdrawn) new ClientRecords(this.run).notify('dropGrants', withdrawnGrants(this.withdrawn));
  }

  /** Disables one thing. @param otherwise what may be true when that fails, in words */
  private *cut<T>(what: string, otherwise: string, action: () => Flow<T>): Flow<T | undefined> {
    this.untried.delete(what);
    return yield* this.attempts.part(`${what}: ${otherwise}`, action);
  }
}

/** Whether an onboarding that was requested after the revocation is at work: what it enables is its own. */
function isClearing({ isLater, hasEnded, run }: FoundRun): boolean {
  return isLater && !hasEnded && run.kind === ONBOARD;
}

/** The token of a run that has reached its token step. Before that step the name is only what somebody requested. */
function tokenOf({ run, isLater }: FoundRun) {
  const { token, requestedAt, steps } = run;
  if (token === undefined || isLater) return undefined;
  const touchesToken = hasReached(steps, 'enableToken') || hasReached(steps, 'ensureToken');
  // The oldest of very many steps are not shown. Then the run is past them.
  const isPastFirst = steps.length > 0 && steps[0] !== 'preflight';
  if (!touchesToken && !isPastFirst) return undefined;
  return { token, since: requestedAt, hasIssued: hasReached(steps, 'issueCredentials') };
}
