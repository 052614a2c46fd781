import type { OrchestrationContext } from 'durable-functions';
import type { IssuedCredential } from '../activities/issueCredentials.js';
import { mainSecretName } from '../domain/names.js';
import type { OnboardingRun } from '../domain/run.js';
import type { OnboardingResult, OperationOutcome, Problem } from '../domain/operation.js';
import { formatOperationId } from '../domain/operationId.js';
import { isConverged, type OnboardingPlan } from '../domain/plan.js';
import type { MadeByUs, VerifiedPull } from '../domain/secretTags.js';
import { Binding } from './binding.js';
import { Cancellation } from './cancellation.js';
import { later, StepFailed, type Flow } from './flow.js';
import { MapHold } from './mapHold.js';
import { ProgressLog } from './progressLog.js';
import { CredentialLost, pullCheck, type PullCheck } from './pullCheck.js';
import { Saga } from './saga.js';
import { StepRunner } from './stepRunner.js';

/** So often a run issues a password, should the one before be lost behind its back. */
const MOST_CREDENTIALS = 3;

/** How often the flow binds again when the binding is gone just before promotion. */
const MOST_BINDINGS = 3;

/** How long to try to tell the device; it finds out by itself in the end. */
const ANNOUNCE_SECONDS = 60;

const DAY_SECONDS = 24 * 3600;

/** Onboards one client of one connected registry: the numbered flow of docs/architecture.md. */
export function* onboard(context: OrchestrationContext): Flow<OperationOutcome> {
  const input = context.df.getInput<OnboardingRun>();
  const log = new ProgressLog(context);
  const operation = formatOperationId({ instance: context.df.instanceId, run: input.run });
  const runner = new StepRunner(context, input.limits, log, {
    by: { operation, actor: input.actor },
    deadlineSeconds: input.limits.stepDeadlineSeconds,
    cancellation: new Cancellation(context, input.run),
  });
  const saga = new Saga(runner.uninterrupted(input.limits.undoDeadlineSeconds));
  const end = (outcome: Omit<OperationOutcome, 'endedAt' | 'steps' | 'reports'>): OperationOutcome => {
    log.enter(outcome.status);
    const endedAt = context.df.currentUtcDateTime.toISOString();
    return { ...outcome, endedAt, steps: log.steps, reports: log.reports };
  };

  try {
    const result = yield* new Onboard(context, input, log, runner, saga).go();
    return end({ status: 'completed', result });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const { residue, kept } = yield* saga.undoAll(log);
    const problems = error instanceof Refused ? { problems: error.problems } : {};
    const failure = { code: error.code, message: error.message, residue, kept, ...problems };
    return end({ status: residue.length === 0 ? 'rolledBack' : 'failed', failure });
  }
}

/** Preflight found something that must be changed first. */
class Refused extends StepFailed {
  constructor(readonly problems: readonly Problem[]) {
    const [first] = problems;
    const more = problems.length > 1 ? ` And ${problems.length - 1} more problem(s): see problems.` : '';
    super('preflight', `${first?.message ?? ''}${more}`);
  }
}

/** The forward way. One method a step, in the order in which they run. */
class Onboard {
  private readonly operation: string;
  private readonly binding: Binding;
  private readonly mapHold: MapHold;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: OnboardingRun,
    private readonly log: ProgressLog,
    private readonly runner: StepRunner,
    private readonly saga: Saga,
  ) {
    this.operation = formatOperationId({ instance: context.df.instanceId, run: input.run });
    this.binding = new Binding(context, input);
    this.mapHold = new MapHold(context, input);
  }

  *go(): Flow<OnboardingResult> {
    const { recheck } = this.input.request;
    const plan = yield* this.preflight();
    if (isConverged(plan) && !recheck && plan.credential.kind === 'keep' && plan.credential.stored.pull)
      return this.result(plan.credential.stored, plan.credential.stored.pull, false);

    const made: MadeByUs = { scopeMap: plan.scopeMap === 'absent', token: !plan.token.exists };
    yield* this.ensureScopeMap(plan);
    yield* this.ensureToken(plan);
    if (plan.credential.kind === 'keep') return yield* this.verifyKept(plan, plan.credential.stored);

    for (let attempt = 1; ; attempt += 1) {
      const credential = yield* this.issueCredentials(plan, plan.credential, made, attempt);
      yield* this.bind(plan, 'ensure');
      try {
        const pull = yield* this.pullCheck(plan, credential, { token: this.input.request.token, credential });
        const promoted = yield* this.promote(plan, credential, pull, made, attempt);
        return this.result({ ...credential, ...promoted }, pull, true);
      } catch (error) {
        if (!(error instanceof CredentialLost) || attempt >= MOST_CREDENTIALS) throw error;
      }
    }
  }

  private *preflight(): Flow<OnboardingPlan> {
    const { runner, input, log } = this;
    log.enter('preflight');
    return yield* runner.step('preflight', function* () {
      const plan = yield* runner.steps.preflight({ onboarding: input.request });
      if (plan.problems.length > 0) throw new Refused(plan.problems);
      return plan;
    });
  }

  private *ensureScopeMap(plan: OnboardingPlan): Flow<void> {
    const { runner, saga, mapHold } = this;
    const { registry, scopeMap, permissions } = this.input.request;
    this.log.enter('scopeMap');
    const absentAt = plan.scopeMap === 'absent' ? plan.checkedAt : undefined;
    saga.onFailure(absentAt ? 'removeScopeMap' : 'releaseScopeMap', (undoing) => mapHold.release(undoing, absentAt));
    yield* runner.step('ensureScopeMap', function* () {
      yield* mapHold.hold(runner);
      yield* runner.steps.ensureScopeMap({ registry, scopeMap, permissions });
    });
  }

  private *ensureToken(plan: OnboardingPlan): Flow<void> {
    const { runner, saga } = this;
    const { registry, token, scopeMap } = this.input.request;
    const earlier = plan.token.earlierScopeMap;
    this.log.enter('token');
    if (!plan.token.exists)
      saga.onFailure('removeToken', ({ steps }) =>
        steps.removeToken({ registry, token, scopeMap, since: plan.checkedAt }),
      );
    if (!plan.bound) saga.onFailure('unbind', (undoing) => this.binding.drop(undoing));
    else saga.onFailure('withdrawWish', () => this.binding.withdraw());
    if (earlier !== undefined)
      saga.onFailure('restoreTokenScopeMap', ({ steps }) =>
        steps.restoreTokenScopeMap({ registry, token, ours: scopeMap, earlier }),
      );
    const change = { registry, token, scopeMap, ...(earlier === undefined ? {} : { earlierScopeMap: earlier }) };
    yield* runner.step('ensureToken', () => runner.steps.ensureToken(change));
    this.binding.want();
  }

  private *issueCredentials(
    plan: OnboardingPlan,
    { slot, replacesLivePassword, earlierPassword }: Extract<OnboardingPlan['credential'], { kind: 'issue' }>,
    made: MadeByUs,
    attempt: number,
  ): Flow<IssuedCredential> {
    const { runner, saga, input } = this;
    const { request, run } = input;
    const { registry, token, scopeMap, credentialLifetimeDays } = request;
    const reference = this.reference();
    this.log.enter('credentials');
    const earlier = earlierPassword === undefined ? {} : { earlier: earlierPassword };
    if (attempt === 1 && plan.token.exists)
      saga.onFailure('clearSlot', ({ steps }) =>
        steps.clearSlot({ registry, token, slot, wasLive: replacesLivePassword, ...earlier }),
      );
    if (attempt === 1) saga.onFailure('retireCandidate', ({ steps }) => steps.retireCandidate({ reference, run }));
    const expiresOn = later(this.context, credentialLifetimeDays * DAY_SECONDS).toISOString();
    const { endpoint } = plan;
    const order = { reference, token, scopeMap, slot, endpoint, expiresOn, run, attempt, made };
    return yield* runner.step('issueCredentials', () => runner.steps.issueCredentials(order));
  }

  private *bind(plan: OnboardingPlan, operation: 'ensure' | 'ensureAgain'): Flow<void> {
    if (plan.bound && operation === 'ensure') return;
    this.log.enter('bind');
    yield* this.runner.step('bind', () => this.binding.ensure(this.runner, operation));
  }

  private *pullCheck(
    plan: OnboardingPlan,
    secret: { name: string; version: string },
    issued?: PullCheck['issued'],
  ): Flow<VerifiedPull> {
    const { context, operation, runner, log, input } = this;
    const { request, run, limits } = input;
    const { name, version } = secret;
    const { sync } = plan;
    const { image } = request;
    const check = {
      operation,
      run,
      reference: this.reference(),
      secret: { name, version },
      image,
      sync,
      ...(issued ? { issued } : {}),
    };
    const bindAgain = () => this.binding.ensure(runner, 'ensureAgain');
    log.enter('pullCheck');
    return yield* runner.step('pullCheck', () => pullCheck(context, check, runner, log, limits, bindAgain));
  }

  private *promote(
    plan: OnboardingPlan,
    credential: IssuedCredential,
    pull: VerifiedPull,
    made: MadeByUs,
    attempt: number,
  ) {
    const { saga, input } = this;
    const { request, run } = input;
    const { token, scopeMap } = request;
    const reference = this.reference();
    // A cancel comes too late now: a promotion that is done is not to be undone, consumers may have it already.
    const runner = this.runner.uninterrupted();
    const earlier = plan.mainVersion === undefined ? {} : { earlier: plan.mainVersion };
    saga.onFailure('retirePromoted', ({ steps }) => steps.retirePromoted({ reference, run, ...earlier }));
    const order = { reference, token, scopeMap, credential, run, attempt, made, pull };
    for (let bindings = 1; ; bindings += 1) {
      this.log.enter('promote');
      const promoted = yield* runner.step('promote', () => runner.steps.promote(order));
      if (promoted.promoted) {
        this.settle();
        yield* this.announce(promoted);
        return { name: promoted.name, version: promoted.version };
      }
      if (bindings >= MOST_BINDINGS)
        throw new StepFailed('unbound', `token ${token} is taken off ${request.connectedRegistry} again and again`);
      yield* this.bind(plan, 'ensureAgain');
    }
  }

  /** The stored credential fits; what was missing around it is there now, so it is checked as it is. */
  private *verifyKept(
    plan: OnboardingPlan,
    stored: { name: string; version: string; slot: OnboardingResult['secret']['slot']; expiresOn: string },
  ): Flow<OnboardingResult> {
    const { runner } = this;
    const { scopeMap } = this.input.request;
    yield* this.bind(plan, 'ensure');
    const pull = yield* this.pullCheck(plan, stored);
    yield* runner
      .uninterrupted()
      .step('recordVerification', () =>
        runner.steps.recordVerification({ reference: this.reference(), version: stored.version, scopeMap, pull }),
      );
    this.settle();
    return this.result(stored, pull, plan.writes.length > 0);
  }

  /** Best effort: an agent also reads its main secret again by itself, so a lost event costs nothing. */
  private *announce(secret: { name: string; version: string }): Flow<void> {
    const { connectedRegistry, client } = this.input.request;
    const { name, version } = secret;
    const { operation } = this;
    const runner = this.runner.uninterrupted(ANNOUNCE_SECONDS);
    const message = { operation, run: this.input.run, client, connectedRegistry, secret: { name, version } };
    try {
      yield* runner.step('announce', () => runner.steps.announcePromotion(message));
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
    }
  }

  /** What entities keep for this run ends: what it made is in use from now on. */
  private settle(): void {
    this.binding.settle();
    this.mapHold.settle();
  }

  private reference() {
    const { registry, connectedRegistry, client } = this.input.request;
    return { registry, connectedRegistry, client };
  }

  private result(
    secret: { version: string; slot: OnboardingResult['secret']['slot']; expiresOn: string },
    pull: VerifiedPull,
    changed: boolean,
  ): OnboardingResult {
    const { scopeMap, token, connectedRegistry } = this.input.request;
    const { version, slot, expiresOn } = secret;
    const name = mainSecretName(this.input.request);
    return { scopeMap, token, connectedRegistry, secret: { name, version, slot, expiresOn }, pull, changed };
  }
}
