import { referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { HeldAccess } from '../../domain/access/heldAccess.js';
import { grantTexts, othersAccess } from '../../domain/access/plannedAccess.js';
import { remainingTexts } from '../../domain/access/withdrawnAccess.js';
import { sameName } from '@connected-registry/protocol/names/sameName';
import {
  keptToken,
  restoredScopeMap,
  type OffboardingSecret,
  type OffboardingToken,
} from '../../domain/offboarding/offboardingPlan.js';
import type { OffboardingResult } from '../../domain/operations/operation.js';
import type { Run } from '../../domain/operations/run.js';
import { Attempts } from '../run/attempts.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { End } from '../run/progressLog.js';
import type { RunContext } from '../run/runContext.js';
import { Binding } from './binding.js';
import { withdrawn } from './readAccess.js';
import { ClientRecords } from './clientRecord.js';
import { RunMapHold } from './mapHold.js';
import { TokenClaim } from './tokenClaim.js';

/** Takes away a client's things one by one. One that cannot be taken away does not keep the others from being tried. */
export class Removal {
  private readonly attempts: Attempts;
  private readonly reference: ClientReference;
  private readonly removed: string[] = [];
  /** What was left alone on purpose, and why. */
  private readonly kept: string[] = [];
  /** What remains because something else could not be taken away. */
  private readonly rest: string[] = [];

  constructor(private readonly run: RunContext<Run>) {
    this.attempts = new Attempts(run);
    this.reference = referenceOf(run.input.request);
  }

  get hasTakenAll(): boolean {
    return this.attempts.haveAllSucceeded;
  }

  /** Notes what the record ended as the run began. */
  took(ended: readonly string[]): void {
    this.removed.push(...ended);
  }

  /** Notes what remains, and why. */
  keep(rest: readonly string[]): void {
    this.rest.push(...rest);
  }

  end(): End<OffboardingResult> {
    const result = {
      ...this.run.placeInResult,
      removed: this.removed,
      kept: this.kept,
      changed: this.removed.length > 0,
    };
    return this.attempts.outcome<OffboardingResult>(result, this.rest, this.kept);
  }

  /** Unbinds a token and deletes it, in this order: ARM refuses to delete a token that a connected registry lists. */
  *token(token: OffboardingToken): Flow<void> {
    if (token.bound || !token.kept) yield* this.binding(token);
    if (token.isOurs && !token.kept) return yield* this.ownToken(token);
    yield* this.passwords(token);
    yield* this.tokenScopeMap(token);
  }

  private *ownToken({ name, createdAt }: OffboardingToken): Flow<void> {
    const { run, reference, attempts } = this;
    const { registry, connectedRegistry } = reference;
    const made = createdAt === undefined ? {} : { createdAt };
    const binding = new Binding(run, name);
    const deleted = yield* attempts.step('deleteToken', `token ${name}`, () =>
      binding.deleting(
        () => run.activities.deleteToken({ registry, connectedRegistry, token: name, ...made }),
        () => binding.forceUnbind(),
      ),
    );
    if (deleted?.removed) this.removed.push(`token ${name}`);
    if (deleted?.kept !== undefined) this.kept.push(deleted.kept);
  }

  /** Takes back what this app gave the device; what others gave it stays. @param held by the client's record */
  *access(held: HeldAccess | undefined): Flow<void> {
    if (held === undefined) return;
    const { run } = this;
    this.kept.push(...othersAccess(held, this.reference));
    if (!held.grants.some(({ made }) => made.length > 0)) return;
    const done = yield* this.attempts.step('withdrawAccess', 'read access to the secrets', function* () {
      yield* new ClientRecords(run).call('endGrants', {});
      return yield* withdrawn(run);
    });
    if (!done) return;
    this.removed.push(...grantTexts(done.removed));
    this.kept.push(...remainingTexts(done));
  }

  /** A token that stays keeps no password of ours. */
  private *passwords(token: OffboardingToken): Flow<void> {
    const { run, reference } = this;
    const { name, ourPasswords: passwords } = token;
    const order = { registry: reference.registry, token: name, passwords };
    const cleared = yield* this.attempts.step('clearPasswords', `our password on token ${name}`, () =>
      run.activities.clearPasswords(order),
    );
    if (cleared?.cleared) this.removed.push(`password of token ${name}`);
    if (cleared) this.kept.push(...(token.kept ?? [keptToken(token)]));
  }

  /** A token that others made gets back the rights that it had. */
  private *tokenScopeMap({ name: token, restores }: OffboardingToken): Flow<void> {
    if (!restores) return;
    const { run, reference } = this;
    const { ours, scopeMap: earlier } = restores;
    const order = { reference, run: run.id, token, ours, earlier, leaves: true };
    const restored = yield* this.attempts.step('restoreMap', `scope map of token ${token}`, () =>
      run.activities.restoreTokenScopeMap(order),
    );
    const kept = restored?.residue ?? restored?.kept;
    if (kept !== undefined) this.kept.push(kept);
    else if (restored) this.removed.push(restoredScopeMap(token, restores));
  }

  /** Asks the binder also when the list does not hold the token: a lost run may have left a binding request there. */
  *binding({ name, bound }: Pick<OffboardingToken, 'name' | 'bound'>): Flow<void> {
    const { run, attempts } = this;
    const unbound = yield* attempts.step('unbind', `binding of ${name}`, function* () {
      try {
        yield* new Binding(run, name).forceUnbind();
      } catch (error) {
        // The list went with the connected registry.
        if (!(error instanceof StepFailed) || error.code !== 'connected-registry-not-found') throw error;
      }
      return true;
    });
    if (unbound && bound) this.removed.push(`binding of ${name} to ${this.reference.connectedRegistry}`);
  }

  *scopeMap(scopeMap: string, tokens: readonly OffboardingToken[]): Flow<void> {
    const token = tokens.find((one) => sameName(one.scopeMap, scopeMap));
    const hold = new RunMapHold(this.run, { scopeMap, token: token?.name ?? '' });
    const dropped = yield* this.attempts.step('removeScopeMap', `scope map ${scopeMap}`, () => hold.drop());
    if (dropped?.removed) this.removed.push(`scope map ${scopeMap}`);
    if (dropped?.kept !== undefined) this.kept.push(dropped.kept);
  }

  *secret({ name, lastRun }: OffboardingSecret): Flow<void> {
    const { run, reference } = this;
    const order = { reference, run: run.id, name, ...(lastRun === undefined ? {} : { lastRun }) };
    const retired = yield* this.attempts.step('retireSecret', `secret ${name}`, () =>
      run.activities.retireSecret(order),
    );
    if (retired?.removed) this.removed.push(`secret ${name}`);
    if (retired?.kept !== undefined) this.kept.push(retired.kept);
  }

  /** Forgets what is recorded of the client, and ends its claims. @param claims names of its tokens */
  *record(claims: readonly string[]): Flow<void> {
    const { run } = this;
    const records = new ClientRecords(run);
    yield* this.attempts.step('forget', 'what is remembered of the client', () => records.call('forget', {}));
    for (const token of claims) new TokenClaim(run, token).release();
  }
}
