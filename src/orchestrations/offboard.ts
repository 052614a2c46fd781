import type { OrchestrationContext } from 'durable-functions';
import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import {
  keptToken,
  restoredScopeMap,
  type LeavingSecret,
  type LeavingToken,
  type OffboardingPlan,
} from '../domain/offboarding/offboardingPlan.js';
import type { OffboardingResult, OperationOutcome } from '../domain/operations/operation.js';
import type { Run } from '../domain/operations/run.js';
import { Attempts } from './run/attempts.js';
import { Binding } from './steps/binding.js';
import { ClientRecords } from './steps/clientRecord.js';
import { StepFailed, type Flow } from './run/flow.js';
import { MapHold } from './steps/mapHold.js';
import type { End, ProgressLog } from './run/progressLog.js';
import { runParts } from './run/runParts.js';
import type { StepRunner } from './run/stepRunner.js';
import { clientUnknown } from './steps/unknownClient.js';
import { TokenClaim } from './steps/tokenClaim.js';

/**
 * Takes away all that a client of a connected registry has from us: binding, token, scope map, secrets. It holds for a
 * client that is half there, and for one that is gone. Once it has begun it goes on to its end: nothing that it takes away
 * could be given back.
 */
export function* offboard(context: OrchestrationContext): Flow<OperationOutcome<OffboardingResult>> {
  const input = context.df.getInput<Run>();
  const { log, runner } = runParts(context, input);
  try {
    return log.close(yield* new Offboard(context, input, log, runner).go());
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    if (error.code === 'stale-event') return log.close({ status: 'rolledBack', failure: error.toFailure() });
    const residue = error.code === 'client-unknown' ? [] : [NOTHING_READ];
    return log.close({ status: 'failed', failure: error.toFailure(residue) });
  }
}

/** Nothing was taken away yet. */
const NOTHING_READ = 'unknown: what the client has could not be read; send the same request again';

class Offboard {
  private readonly attempts = new Attempts();
  private readonly removed: string[] = [];
  private readonly kept: string[] = [];
  private readonly reference: ClientReference;

  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
    private readonly log: ProgressLog,
    private readonly runner: StepRunner,
  ) {
    this.reference = referenceOf(input.request);
  }

  *go(): Flow<End<OffboardingResult>> {
    const { tokens, dangling, scopeMaps, secrets, claims, isKnown } = yield* this.plan();
    // Whatever device was meant has another name, and keeps what it has.
    if (!isKnown) throw yield* clientUnknown(this.runner, this.reference, 'Nothing was taken away.');
    for (const token of tokens) yield* this.takeToken(token);
    for (const name of dangling) yield* this.unbind({ name, bound: true });
    const left: string[] = [];
    if (this.attempts.haveAllSucceeded) {
      for (const scopeMap of scopeMaps) yield* this.dropScopeMap(scopeMap, tokens);
      for (const secret of secrets) yield* this.retireSecret(secret);
    } else {
      left.push(...scopeMaps.map((name) => `scope map ${name}: it stays while a token has it`));
      left.push(...secrets.map(({ name }) => `secret ${name}: it stays until what its tags name is gone`));
    }
    if (this.attempts.haveAllSucceeded) yield* this.forget(claims);
    const result: OffboardingResult = { removed: this.removed, kept: this.kept, changed: this.removed.length > 0 };
    return this.attempts.outcome(result, left, this.kept);
  }

  /** Whether this run may begin at all, and what is left of the client. */
  private *plan(): Flow<OffboardingPlan & { readonly isKnown: boolean }> {
    const { runner, reference } = this;
    const records = this.records();
    this.log.enter('plan');
    return yield* runner.step('plan', function* () {
      const { isKnown = true, ...remembered } = yield* records.beginOffboarding(runner);
      const plan = yield* runner.steps.planOffboarding({ reference, ...remembered });
      return { ...plan, isKnown: isKnown || plan.isThere !== false };
    });
  }

  /** In this order: ARM refuses to delete a token that a connected registry lists. */
  private *takeToken(token: LeavingToken): Flow<void> {
    const { name } = token;
    const { registry, connectedRegistry } = this.reference;
    this.log.enter('token');
    if (token.bound || !token.kept) yield* this.unbind(token);
    if (!token.isOurs || token.kept) {
      const { ourPasswords: passwords } = token;
      const clear = (runner: StepRunner) => runner.steps.clearPasswords({ registry, token: name, passwords });
      const cleared = yield* this.part('clearPasswords', `our password on token ${name}`, clear);
      if (cleared?.cleared) this.removed.push(`password of token ${name}`);
      if (cleared) this.kept.push(...(token.kept ?? [keptToken(token)]));
      yield* this.restoreScopeMap(token);
      return;
    }
    const made = token.createdAt === undefined ? {} : { createdAt: token.createdAt };
    const order = { registry, connectedRegistry, token: name, ...made };
    const binding = new Binding(this.context, this.input, name);
    const deleted = yield* this.part('deleteToken', `token ${name}`, (runner) =>
      binding.deleting(
        () => runner.steps.deleteToken(order),
        () => binding.evict(runner),
      ),
    );
    if (deleted?.removed) this.removed.push(`token ${name}`);
    if (deleted?.kept !== undefined) this.kept.push(deleted.kept);
  }

  /** A token that others made has the rights again that it had. */
  private *restoreScopeMap({ name: token, restores }: LeavingToken): Flow<void> {
    if (!restores) return;
    const { reference, input } = this;
    const order = {
      reference,
      run: input.run,
      token,
      ours: restores.ours,
      earlier: restores.scopeMap,
      leaves: true,
    };
    const restored = yield* this.part('restoreMap', `scope map of token ${token}`, ({ steps }) =>
      steps.restoreTokenScopeMap(order),
    );
    const left = restored?.residue ?? restored?.kept;
    if (left !== undefined) this.kept.push(left);
    else if (restored) this.removed.push(restoredScopeMap(token, restores));
  }

  /** Through the binder also when the list does not hold the token: a run that was lost may have left its wish there. */
  private *unbind({ name, bound }: Pick<LeavingToken, 'name' | 'bound'>): Flow<void> {
    const binding = new Binding(this.context, this.input, name);
    const evicted = yield* this.part('unbind', `binding of ${name}`, function* (runner) {
      try {
        yield* binding.evict(runner);
      } catch (error) {
        // With the connected registry its whole list is gone.
        if (!(error instanceof StepFailed) || error.code !== 'connected-registry-not-found') throw error;
      }
      return true;
    });
    if (evicted && bound) this.removed.push(`binding of ${name} to ${this.reference.connectedRegistry}`);
  }

  private *dropScopeMap(scopeMap: string, tokens: readonly LeavingToken[]): Flow<void> {
    const [token] = tokens.filter((one) => one.scopeMap.toLowerCase() === scopeMap.toLowerCase());
    const hold = new MapHold(this.context, this.input, { scopeMap, token: token?.name ?? '' });
    this.log.enter('scopeMap');
    const dropped = yield* this.part('removeScopeMap', `scope map ${scopeMap}`, (runner) => hold.drop(runner));
    if (dropped?.removed) this.removed.push(`scope map ${scopeMap}`);
    if (dropped?.kept !== undefined) this.kept.push(dropped.kept);
  }

  private *retireSecret({ name, lastRun }: LeavingSecret): Flow<void> {
    const { reference } = this;
    const order = { reference, run: this.input.run, name, ...(lastRun === undefined ? {} : { lastRun }) };
    this.log.enter('secrets');
    const retired = yield* this.part('retireSecret', `secret ${name}`, ({ steps }) => steps.retireSecret(order));
    if (retired?.removed) this.removed.push(`secret ${name}`);
    if (retired?.kept !== undefined) this.kept.push(retired.kept);
  }

  private *forget(claims: readonly string[]): Flow<void> {
    const records = this.records();
    yield* this.part('forget', 'what is remembered of the client', (runner) => records.ask(runner, 'forget', {}));
    for (const token of claims) new TokenClaim(this.context, this.input, token).release();
  }

  /** A named step, whose failure does not end the flow. */
  private *part<T>(step: string, what: string, body: (runner: StepRunner) => Flow<T>): Flow<T | undefined> {
    return yield* this.attempts.part(what, () => this.runner.step(step, () => body(this.runner)));
  }

  private records(): ClientRecords {
    return new ClientRecords(this.context, this.input);
  }
}
