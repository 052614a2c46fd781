import type { OrchestrationContext } from 'durable-functions';
import type { RunAtHand } from '../activities/runs/presentRun.js';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { EnabledAccess, SharedToken } from '../domain/revocation/enabledAccess.js';
import type { HeldToken } from '../domain/tokens/heldToken.js';
import type { OrphanedToken } from '../domain/tokens/orphanedToken.js';
import { keptByName } from '../domain/offboarding/offboardingPlan.js';
import type { OperationOutcome, RevocationResult } from '../domain/operations/operation.js';
import { ONBOARD, type Run } from '../domain/operations/run.js';
import { inCommonWith, keptForOthers } from '../domain/tokens/sharedToken.js';
import { nextSync, type SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';
import { Attempts } from './run/attempts.js';
import { ClientRecords } from './steps/clientRecord.js';
import { later, StepFailed, type Flow } from './run/flow.js';
import type { End, ProgressLog } from './run/progressLog.js';
import { runParts } from './run/runParts.js';
import type { StepRunner } from './run/stepRunner.js';
import { clientUnknown } from './steps/unknownClient.js';

/** Steps after which a run may have made its token, or enabled it. */
const TOUCHES_TOKEN: readonly string[] = ['enableToken', 'ensureToken'];

/**
 * Cuts a client off now, as for a stolen device. It runs beside whatever run holds the client: it marks the client, so
 * that no earlier run may begin or undo, disables what there is, has the run in progress end, and looks again at what that
 * run, or a request of a process that died, has left enabled. Everything is kept for inspection.
 */
export function* revoke(context: OrchestrationContext): Flow<OperationOutcome<RevocationResult>> {
  const input = context.df.getInput<Run>();
  const { log, runner } = runParts(context, input, { instance: clientKey(input.request) });
  try {
    return log.close(yield* new Revoke(context, input, log, runner).go());
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const residue = ['unknown: the client could not be marked as revoked; send the same request again'];
    return log.close({ status: 'failed', failure: { ...error.toFailure(residue), disabled: [] } });
  }
}

/** So many steps one after another disable what a client has, each with a deadline of its own. */
const DISABLING_STEPS = 5;

/** The client entity's answer, when the revocation looks again. */
interface LooksAgain {
  /** It was not lifted meanwhile. */
  readonly stands: boolean;
}

/** The client entity's answer to the mark. */
interface Marked {
  readonly revokedAt: string;
  /** Of a repeated revocation. */
  readonly firstRevokedAt?: string;
  readonly orphaned?: readonly OrphanedToken[];
  readonly held?: readonly HeldToken[];
  /** The record knew the client before the mark; revocations of earlier versions did not ask. */
  readonly isKnown?: boolean;
}

/** What a look at the client found. */
interface Disabled {
  readonly present?: RunAtHand;
  /** There is something of the client, enabled or not. */
  readonly isThere: boolean;
}

class Revoke {
  private readonly attempts = new Attempts();
  private readonly records: ClientRecords;
  private readonly reference: ClientReference;
  private readonly disabled = new Set<string>();
  /** What was found to work, and was neither disabled nor has failed to be. */
  private readonly untried = new Set<string>();
  /** What could not be read, in words. */
  private unread: readonly string[] = [];
  private readonly kept = new Set<string>();
  private remembered: Pick<Marked, 'orphaned' | 'held'> = {};
  private isKnown = true;
  private firstRevokedAt: string | undefined;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
    private readonly log: ProgressLog,
    private readonly runner: StepRunner,
  ) {
    this.reference = referenceOf(input.request);
    this.records = new ClientRecords(context, input);
  }

  *go(): Flow<End<RevocationResult>> {
    const revokedAt = yield* this.mark();
    this.log.enter('disable');
    const found = yield* this.part('disable', 'what the client has', () => this.disableAll(revokedAt));
    this.records.tell('endDisabling', {});
    if (found && !found.isThere && !this.isKnown && !isHeld(found)) return yield* this.unknown();
    if (!found || isAtWork(found)) {
      this.log.enter('endRun');
      yield* this.part('endRun', 'the run in progress', () => this.endRun(revokedAt));
      this.log.enter('disableAgain');
      yield* this.part('disableAgain', 'what the run in progress left', () => this.disableAgain(revokedAt));
      // A request of a process that died may still be on its way.
      yield* this.runner.pause(this.input.limits.retryMaxSeconds);
      yield* this.part('disableAgain', 'what came late', () => this.disableAgain(revokedAt));
    }
    const disabled = [...this.disabled];
    const kept = [...this.kept];
    const edge = yield* this.edge(found === undefined || found.isThere || disabled.length > 0);
    const since = this.firstRevokedAt ?? revokedAt;
    const result: RevocationResult = {
      revokedAt: since,
      disabled,
      changed: disabled.length > 0,
      ...(kept.length > 0 ? { kept } : {}),
      edge,
    };
    return this.attempts.outcome(result, this.left(), kept, disabled);
  }

  /** What may still work besides the parts that failed. */
  private left(): string[] {
    return [
      ...[...this.untried].map((what) => `${what}: it could not be tried, and may still work`),
      ...this.unread.map((what) => `unknown: ${what}`),
    ];
  }

  /** Nothing knows of such a client, so that a device which is to be cut off has another name, and pulls on. */
  private *unknown(): Flow<End<RevocationResult>> {
    const error = yield* clientUnknown(this.runner, this.reference, 'Nothing was disabled.');
    return { status: 'failed', failure: { ...error.toFailure(), disabled: [] } };
  }

  private *mark(): Flow<string> {
    const { runner, records, input } = this;
    this.log.enter('mark');
    const {
      revokedAt,
      firstRevokedAt,
      orphaned,
      held,
      isKnown = true,
    } = yield* runner.step('mark', () =>
      records.ask<'revoke', Marked>(runner, 'revoke', { at: input.requestedAt, until: this.until() }),
    );
    this.remembered = { ...(orphaned ? { orphaned } : {}), ...(held ? { held } : {}) };
    this.isKnown = isKnown;
    this.firstRevokedAt = firstRevokedAt;
    return revokedAt;
  }

  /** Disables tokens first, one write each; then hides the secrets. @returns the run that was found. */
  private *disableAll(revokedAt: string): Flow<Disabled> {
    const { runner, reference } = this;
    const found = yield* runner.steps.readPresentRun({ reference, revokedAt });
    const run = found.present && tokenOf(found.present);
    const order = { reference, ...(run ? { run } : {}), ...this.remembered };
    const first = yield* runner.steps.findAccess({ ...order, goesOn: true });
    this.unread = first.unread;
    yield* this.disable(first);
    if (first.unread.length === 0) return { ...found, isThere: first.isThere };
    // What is known of the client is disabled; the rest is waited for, and listed if it stays unread.
    const rest = yield* runner.steps.findAccess(order);
    this.unread = [];
    yield* this.disable(rest);
    return { ...found, isThere: first.isThere || rest.isThere };
  }

  private *disable(access: EnabledAccess): Flow<void> {
    const { runner, records } = this;
    const { registry } = this.reference;
    const names = [...new Set(access.secrets.map(({ name }) => name))];
    for (const token of access.tokens) this.untried.add(`token ${token}`);
    for (const { token, passwords } of access.shared)
      if (passwords.length > 0) this.untried.add(`our password on token ${token}`);
    for (const name of names) this.untried.add(`secret ${name}`);
    // Noted before it is done: only what the revocation has disabled itself is enabled again by what lifts it.
    if (access.tokens.length > 0) yield* records.ask(runner, 'noteDisabled', { tokens: access.tokens });
    // Each by itself: one that cannot be disabled does not keep the others on, and nobody has to guess which those are.
    for (const token of access.tokens) {
      const done = yield* this.cut(`token ${token}`, 'all its passwords may still work', () =>
        runner.steps.disableTokens({ registry, tokens: [token] }),
      );
      for (const name of done?.disabled ?? []) this.disabled.add(`token ${name}`);
    }
    for (const name of access.byName) this.kept.add(keptByName(name));
    for (const shared of access.shared) yield* this.clearShared(shared);
    for (const name of names) {
      const versions = access.secrets.filter((version) => version.name === name);
      const done = yield* this.cut(`secret ${name}`, 'whoever may read it still can', () =>
        runner.steps.disableSecrets({ versions }),
      );
      if (done) this.disabled.add(`secret ${name}`);
    }
  }

  /** Disables one thing. @param otherwise what may be true where that fails, in words. */
  private *cut<T>(what: string, otherwise: string, body: () => Flow<T>): Flow<T | undefined> {
    this.untried.delete(what);
    return yield* this.attempts.part(`${what}: ${otherwise}`, body);
  }

  /** A token that another client uses too stays enabled: only the passwords that this client alone has go. */
  private *clearShared({ token, users, passwords, inCommon }: SharedToken): Flow<void> {
    const { runner, reference, attempts } = this;
    const { registry } = reference;
    const cleared = yield* this.cut(`our password on token ${token}`, 'it may still work', () =>
      runner.steps.clearPasswords({ registry, token, passwords }),
    );
    if (cleared?.cleared) this.disabled.add(`password of token ${token}`);
    this.kept.add(keptForOthers(token, users));
    if (inCommon.length === 0) return;
    yield* attempts.part(`password of token ${token}`, function* () {
      throw new StepFailed('token-of-another-client', inCommonWith(token, users));
    });
  }

  private *endRun(revokedAt: string): Flow<void> {
    const { runner, reference, input } = this;
    const { stepDeadlineSeconds, bindDeadlineSeconds, undoDeadlineSeconds } = input.limits;
    const longest = bindDeadlineSeconds + 2 * (stepDeadlineSeconds + undoDeadlineSeconds);
    yield* runner.uninterrupted(longest).steps.endRun({ reference, revokedAt, actor: input.actor });
  }

  /** Not when an onboarding that was asked for later is at work, or has lifted the revocation: the token is its own now. */
  private *disableAgain(revokedAt: string): Flow<void> {
    const { runner, records, reference } = this;
    const request = { revokedAt, until: this.until() };
    const { stands } = yield* records.ask<'beginDisabling', LooksAgain>(runner, 'beginDisabling', request);
    if (!stands) return;
    try {
      const { present } = yield* runner.steps.readPresentRun({ reference, revokedAt });
      if (!present || !isClearing(present)) yield* this.disableAll(revokedAt);
    } finally {
      records.tell('endDisabling', {});
    }
  }

  /** Until when what is to lift the revocation waits for its writes, should this flow be lost (ISO 8601). */
  private until(): string {
    return later(this.context, DISABLING_STEPS * this.input.limits.stepDeadlineSeconds).toISOString();
  }

  /** @param hadAccess whether anything of the client's is there: else there is nothing that the cloud could refuse. */
  private *edge(hadAccess: boolean): Flow<RevocationResult['edge']> {
    const { runner, reference, context } = this;
    const { registry, connectedRegistry } = reference;
    const [sync] = yield* readOrNothing(() => runner.steps.readSync({ registry, connectedRegistry }));
    const message = hadAccess
      ? `the cloud refuses the client from now on, ${connectedRegistry} from its next sync on`
      : 'nothing was found that gives the client access; it is marked as revoked, and no earlier run gives it any';
    const untold = hadAccess
      ? `${message}; when that is cannot be told, since its sync schedule could not be read`
      : message;
    if (!sync) return { connectedRegistry, message: untold };
    const { schedule, lastSyncTime } = sync;
    const nextSyncTime = nextSync(schedule, context.df.currentUtcDateTime)?.toISOString();
    return {
      connectedRegistry,
      ...(schedule === undefined ? {} : { schedule }),
      ...(lastSyncTime === undefined ? {} : { lastSyncTime }),
      ...(nextSyncTime === undefined ? { message: untold } : { nextSyncTime, message }),
    };
  }

  /** A named step, whose failure does not end the flow. */
  private *part<T>(step: string, what: string, body: () => Flow<T>): Flow<T | undefined> {
    return yield* this.attempts.part(what, () => this.runner.step(step, body));
  }
}

/** When the edge learns of it is only told, so a failure to find out is not one of the revocation. */
function* readOrNothing(read: () => Flow<SyncFacts>): Flow<readonly SyncFacts[]> {
  try {
    return [yield* read()];
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return [];
  }
}

/** Whether a run holds the client: it is one that somebody asks for at this moment. */
function isHeld({ present }: Disabled): boolean {
  return present !== undefined && !present.hasEnded;
}

/** A run that began before the revocation and has not ended. */
function isAtWork({ present }: { readonly present?: RunAtHand }): boolean {
  return present !== undefined && !present.hasEnded && !present.isLater;
}

/** An onboarding that was asked for later is at work: what it has enabled is its own. */
function isClearing({ isLater, hasEnded, run }: RunAtHand): boolean {
  return isLater && !hasEnded && run.kind === ONBOARD;
}

/** The token of a run that has got as far as its token; before that the name is only what somebody asked for. */
function tokenOf({ run, isLater }: RunAtHand) {
  const { token, requestedAt, steps } = run;
  if (token === undefined || isLater) return undefined;
  // The oldest of very many steps are not shown: then it is far enough.
  const isFar = steps.some((step) => TOUCHES_TOKEN.includes(step)) || (steps.length > 0 && steps[0] !== 'preflight');
  return isFar ? { token, since: requestedAt, hasIssued: steps.includes('issueCredentials') } : undefined;
}
