import type { OrchestrationContext } from 'durable-functions';
import type { IssuedCredential } from '../activities/credentials/issueCredentials.js';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import type { OnboardingRun } from '../domain/operations/run.js';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { OnboardingResult, OperationFailure, OperationOutcome } from '../domain/operations/operation.js';
import { rightsHash, toActions } from '@connected-registry/protocol/names/permissions';
import { isConverged, type OnboardingPlan } from '../domain/onboarding/plan.js';
import { refusing } from '@connected-registry/protocol/answers/problems';
import type { Undone } from '../domain/operations/undone.js';
import type { MadeByUs, VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import { Binding } from './steps/binding.js';
import { ClientRecords } from './steps/clientRecord.js';
import { CredentialSteps } from './steps/credentialSteps.js';
import { planWhenActive } from './steps/activation.js';
import { StepFailed, type Flow } from './run/flow.js';
import { HeldTokenSteps } from './steps/heldToken.js';
import { MapHold } from './steps/mapHold.js';
import type { ProgressLog } from './run/progressLog.js';
import { Refused } from './run/refused.js';
import { undoableParts } from './run/runParts.js';
import type { Saga } from './run/saga.js';
import type { StepRunner } from './run/stepRunner.js';
import { undoFailure } from './run/undoFailure.js';

/** Onboards one client of one connected registry: the numbered flow of docs/architecture.md. */
export function* onboard(context: OrchestrationContext): Flow<OperationOutcome> {
  const input = context.df.getInput<OnboardingRun>();
  const parts = undoableParts(context, input);
  const { log, runner, saga } = parts;
  const flow = new Onboard(context, input, log, runner, saga);
  try {
    return log.close({ status: 'completed', result: yield* flow.go() });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const failure = yield* undoFailure(context, input, error, parts);
    flow.undone(failure);
    return log.close({ status: failure.residue.length === 0 ? 'rolledBack' : 'failed', failure });
  }
}

type IssuePlan = Extract<OnboardingPlan['credential'], { kind: 'issue' }>;

/** The forward way. One method a step, in the order in which they run. */
class Onboard {
  /** As asked for; from its plan on with the client's own token, which may have a name that earlier versions gave. */
  private request: Onboarding;
  private binding: Binding;
  private held: HeldTokenSteps;
  private planned: OnboardingPlan | undefined;
  private readonly mapHold: MapHold;
  private readonly records: ClientRecords;
  /** A revocation that is older than this run stands, and ends by its success. */
  private clears = false;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: OnboardingRun,
    private readonly log: ProgressLog,
    private readonly runner: StepRunner,
    private readonly saga: Saga,
  ) {
    this.request = input.request;
    this.binding = new Binding(context, input, this.request.token);
    this.mapHold = new MapHold(context, input, this.request);
    this.records = new ClientRecords(context, input);
    this.held = new HeldTokenSteps(context, input, this.request.token);
  }

  *go(): Flow<OnboardingResult> {
    const plan = yield* this.preflight();
    const { recheck } = this.request;
    if (isConverged(plan) && !recheck && plan.credential.kind === 'keep' && plan.credential.stored.pull) {
      yield* this.clearRevocation();
      return this.result(plan.credential.stored, plan.credential.stored.pull, false);
    }

    yield* this.ensureScopeMap(plan);
    yield* this.enableToken(plan);
    yield* this.ensureToken(plan);
    const credentials = this.credentialSteps(plan);
    const { credential } = plan;
    if (credential.kind === 'keep') return yield* this.verifyKept(plan, credential.stored, credentials);
    return yield* credentials.unlessLost((attempt) => this.renew(plan, credential, credentials, attempt));
  }

  /** Makes a password, has the device prove it, and promotes it. */
  private *renew(
    plan: OnboardingPlan,
    wanted: IssuePlan,
    credentials: CredentialSteps,
    attempt: number,
  ): Flow<OnboardingResult> {
    const credential = yield* this.issueCredentials(plan, wanted, credentials, attempt);
    yield* this.bind(plan);
    const proof = yield* credentials.pullCheck(credential, { credential, attempt });
    const { secret, pull } = yield* credentials.promote(credential, proof, attempt);
    yield* this.succeeded();
    yield* credentials.announce(secret);
    return this.result({ ...credential, ...secret }, pull, true);
  }

  /** Whether this run may begin at all, and what it is to do. */
  private *preflight(): Flow<OnboardingPlan> {
    const { context, runner, records, input, log } = this;
    log.enter('preflight');
    const claim = (plan: OnboardingPlan) => this.claim(plan);
    const { plan, clears } = yield* runner.step('preflight', function* () {
      const started = yield* records.begin(runner);
      const look = () => runner.steps.preflight({ onboarding: input.request, ...started });
      const found = yield* planWhenActive(context, input, runner, log, look);
      if (refusing(found.problems).length > 0) throw new Refused(found.problems);
      yield* claim(found);
      return { plan: found, clears: started.clears };
    });
    this.clears = clears !== undefined;
    return plan;
  }

  /** From here on no other client's run may use the token, however close together both have looked at it. */
  private *claim(plan: OnboardingPlan): Flow<void> {
    const { context, input } = this;
    const { name = input.request.token } = plan.token;
    this.planned = plan;
    this.request = { ...input.request, token: name };
    this.binding = new Binding(context, input, name);
    this.held = new HeldTokenSteps(context, input, name);
    yield* this.held.claim(this.runner);
  }

  /** The run has failed, and what it made is gone or listed. */
  undone(failure: OperationFailure): void {
    this.held.undone(failure, this.planned);
  }

  private *ensureScopeMap(plan: OnboardingPlan): Flow<void> {
    const { runner, saga, mapHold } = this;
    const { registry, scopeMap, permissions } = this.request;
    this.log.enter('scopeMap');
    const absentAt = plan.scopeMap === 'absent' ? plan.checkedAt : undefined;
    const undo = (undoing: StepRunner) => mapHold.release(undoing, absentAt);
    saga.onFailure(absentAt ? 'removeScopeMap' : 'releaseScopeMap', undo, () => mapHold.leave());
    if (plan.restoresScopeMap)
      saga.onFailure('keepScopeMap', () => kept(`scope map ${scopeMap}: it has its rights again`));
    yield* runner.step('ensureScopeMap', function* () {
      yield* mapHold.hold(runner);
      const restore = plan.restoresScopeMap ? { restore: true } : {};
      yield* runner.steps.ensureScopeMap({ registry, scopeMap, permissions, ...restore });
    });
  }

  /** A token that a revocation disabled is enabled by this step alone, and never with a password that it had. */
  private *enableToken({ token: { revoked } }: OnboardingPlan): Flow<void> {
    const { runner, saga } = this;
    const { registry, token } = this.request;
    if (!revoked) return;
    this.log.enter('token');
    const disable = function* ({ steps }: StepRunner) {
      yield* steps.disableTokens({ registry, tokens: [token] });
      return {};
    };
    saga.onFailure('disableToken', disable, disable);
    const { passwords } = revoked;
    yield* runner.step('enableToken', () => runner.steps.enableToken({ registry, token, passwords }));
  }

  private *ensureToken(plan: OnboardingPlan): Flow<void> {
    const { runner, saga } = this;
    const { registry, token, scopeMap } = this.request;
    const reference = referenceOf(this.request);
    const { run } = this.input;
    const earlier = plan.token.earlierScopeMap;
    this.log.enter('token');
    if (!plan.token.exists) this.removeTokenOnFailure(plan);
    const withdraw = () => this.binding.withdraw();
    if (!plan.bound) saga.onFailure('unbind', (undoing) => this.binding.drop(undoing), withdraw);
    else saga.onFailure('withdrawBindingRequest', withdraw, withdraw);
    if (earlier !== undefined)
      saga.onFailure('restoreTokenScopeMap', ({ steps }) =>
        steps.restoreTokenScopeMap({ reference, run, token, ours: scopeMap, earlier }),
      );
    const change = {
      registry,
      token,
      scopeMap,
      ...(earlier === undefined ? {} : { earlierScopeMap: earlier, move: { reference, checkedAt: plan.checkedAt } }),
      ...(plan.token.exists ? { found: foundToken(plan) } : {}),
    };
    this.held.note(plan.token.held);
    yield* runner.step('ensureToken', () => runner.steps.ensureToken(change));
    if (!plan.token.exists) this.held.made(plan.token.held);
    this.binding.want();
  }

  /** A token that stays is remembered: no secret need tell of it, and an offboarding is to find it. */
  private removeTokenOnFailure({ checkedAt: since }: OnboardingPlan): void {
    const { records, context, binding } = this;
    const { registry, connectedRegistry, token, scopeMap } = this.request;
    const { run } = this.input;
    const order = { reference: referenceOf(this.request), run, registry, connectedRegistry, token, scopeMap, since };
    const noteOrphaned = () => {
      const until = context.df.currentUtcDateTime.toISOString();
      records.tell('noteOrphaned', { token, scopeMap, since, until });
    };
    const remove = function* (undoing: StepRunner) {
      try {
        return yield* binding.deleting(
          () => undoing.steps.removeToken(order),
          () => binding.drop(undoing),
        );
      } catch (error) {
        noteOrphaned();
        throw error;
      }
    };
    this.saga.onFailure('removeToken', remove, function* () {
      noteOrphaned();
      return { kept: `token ${token}: what a revoked client had is kept for inspection` };
    });
  }

  private credentialSteps(plan: OnboardingPlan): CredentialSteps {
    const { context, input, log, runner, saga, binding } = this;
    const { token, scopeMap, image, credentialLifetimeDays } = this.request;
    const { endpoint, sync, mainVersion } = plan;
    const made: MadeByUs = { ...plan.made, rights: this.rights() };
    const order = {
      reference: referenceOf(this.request),
      token,
      scopeMap,
      image,
      endpoint,
      credentialLifetimeDays,
      sync,
      made,
      acknowledgeSeconds: input.limits.overlapSeconds,
      ...(mainVersion === undefined ? {} : { mainVersion }),
    };
    return new CredentialSteps(context, input, order, { log, runner, saga }, () =>
      binding.ensure(runner, 'ensureAgain'),
    );
  }

  private *issueCredentials(
    plan: OnboardingPlan,
    wanted: IssuePlan,
    credentials: CredentialSteps,
    attempt: number,
  ): Flow<IssuedCredential> {
    const wasLive = wanted.replacesLivePassword;
    if (attempt === 1 && plan.token.exists) credentials.clearSlotOnFailure({ ...wanted, wasLive });
    if (attempt === 1) credentials.retireOnFailure();
    return yield* credentials.issue(wanted.slot, attempt);
  }

  private *bind(plan: OnboardingPlan): Flow<void> {
    if (plan.bound) return;
    this.log.enter('bind');
    yield* this.runner.step('bind', () => this.binding.ensure(this.runner, 'ensure'));
  }

  /** The stored credential fits; what was missing around it is there now, so it is checked as it is. */
  private *verifyKept(
    plan: OnboardingPlan,
    stored: { name: string; version: string; slot: OnboardingResult['secret']['slot']; expiresOn: string },
    credentials: CredentialSteps,
  ): Flow<OnboardingResult> {
    const { runner } = this;
    const { scopeMap } = this.request;
    yield* this.bind(plan);
    const pull = yield* credentials.pullCheck(stored);
    yield* runner.uninterrupted().step('recordVerification', () =>
      runner.steps.recordVerification({
        reference: referenceOf(this.request),
        version: stored.version,
        scopeMap,
        rights: this.rights(),
        pull,
      }),
    );
    yield* this.succeeded();
    return this.result(stored, pull, plan.writes.length > 0);
  }

  /** What entities keep for this run ends: what it made is in use from now on. Only now a revocation is lifted. */
  private *succeeded(): Flow<void> {
    this.binding.settle();
    this.mapHold.settle();
    yield* this.clearRevocation();
  }

  private *clearRevocation(): Flow<void> {
    if (this.clears) yield* this.records.clearRevocation(this.runner.uninterrupted());
  }

  private rights(): string {
    return rightsHash(toActions(this.request.permissions));
  }

  private result(
    secret: { version: string; slot: OnboardingResult['secret']['slot']; expiresOn: string },
    pull: VerifiedPull,
    changed: boolean,
  ): OnboardingResult {
    const { scopeMap, token, connectedRegistry } = this.request;
    const { version, slot, expiresOn } = secret;
    const name = mainSecretName(this.request);
    return { scopeMap, token, connectedRegistry, secret: { name, version, slot, expiresOn }, pull, changed };
  }
}

/** What the plan saw of a token that exists. */
function foundToken({ token: { createdAt } }: OnboardingPlan): { readonly createdAt?: string } {
  return createdAt === undefined ? {} : { createdAt };
}

/** Of what an undo leaves on purpose. */
// eslint-disable-next-line require-yield
function* kept(what: string): Flow<Undone> {
  return { kept: what };
}
