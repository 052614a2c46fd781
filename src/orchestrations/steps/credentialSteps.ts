import type { OrchestrationContext } from 'durable-functions';
import type { IssuedCredential } from '../../activities/credentials/issueCredentials.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { DEFAULT_CHANNEL } from '@connected-registry/protocol/messages/deviceChannel';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import type { MadeByUs, OldPassword, VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';
import { later, StepFailed, type Flow } from '../run/flow.js';
import { CredentialLost, pullCheck, type PullCheck } from './pullCheck.js';
import type { UndoableParts } from '../run/runParts.js';

/** So often a run makes a password, should the one before be lost behind its back. */
const MAX_CREDENTIALS = 3;

/** How often a flow binds again when the binding is gone just before promotion. */
const MAX_BINDINGS = 3;

/** How long to try to tell the device; it finds out by itself in the end. */
const ANNOUNCE_SECONDS = 60;

const DAY_SECONDS = 24 * 3600;

/** For whom a credential is made, and what it must prove. */
export interface CredentialOrder {
  readonly reference: ClientReference;
  readonly token: string;
  readonly scopeMap: string;
  /** What the device is to pull. */
  readonly image: string;
  /** host:port that the secret is for. */
  readonly endpoint: string;
  readonly credentialLifetimeDays: number;
  readonly sync: SyncFacts;
  readonly made: MadeByUs;
  /** The main secret's version before this run. */
  readonly mainVersion?: string;
  /** How long the device may acknowledge its promotion. */
  readonly acknowledgeSeconds: number;
}

/** A promoted credential. */
export interface Promotion {
  /** Version of the main secret. */
  readonly secret: { readonly name: string; readonly version: string };
  /** The pull that has proven it. */
  readonly pull: VerifiedPull;
  /** The password that it takes the place of. */
  readonly revokeOld?: OldPassword;
}

/** A password of this run, and in which attempt it was made. */
export interface IssuedInAttempt {
  readonly credential: IssuedCredential;
  readonly attempt: number;
}

/** The slot that a run takes. */
export interface TakenSlot {
  readonly slot: SlotName;
  /** Whether the password that it held could have been in use. */
  readonly wasLive: boolean;
  /** When that password was made (ISO 8601); absent for an empty slot. */
  readonly earlierPassword?: string;
}

/** The steps from a new password to a promoted secret, as every flow that renews a credential takes them. */
export class CredentialSteps {
  private readonly operation: string;
  private retiresPromoted = false;

  /** @param bindAgain what to do when the connected registry seems to have lost the token. */
  constructor(
    private readonly context: OrchestrationContext,
    private readonly input: Run,
    private readonly order: CredentialOrder,
    private readonly parts: Pick<UndoableParts, 'log' | 'runner' | 'saga'>,
    private readonly bindAgain: () => Flow<void>,
  ) {
    this.operation = formatOperationId({ instance: context.df.instanceId, run: input.run });
  }

  /**
   * Makes and proves a password, and does so again when the registry no longer holds it: a late request of another run may
   * have wiped it. @throws StepFailed; CredentialLost after the last time.
   */
  *unlessLost<T>(renew: (attempt: number) => Flow<T>): Flow<T> {
    for (let attempt = 1; ; attempt += 1)
      try {
        return yield* renew(attempt);
      } catch (error) {
        if (!(error instanceof CredentialLost) || attempt >= MAX_CREDENTIALS) throw error;
      }
  }

  /** Before the first `issue`, on a token that existed before: a failure empties the slot. */
  clearSlotOnFailure({ slot, wasLive, earlierPassword }: TakenSlot): void {
    const { reference, token } = this.order;
    const { run } = this.input;
    const earlier = earlierPassword === undefined ? {} : { earlier: earlierPassword };
    this.parts.saga.onFailure('clearSlot', ({ steps }) =>
      steps.clearSlot({ reference, run, token, slot, wasLive, ...earlier }),
    );
  }

  /**
   * Before the first `issue`: a failure takes the candidate out of the vault, so that nothing can promote it any more, and
   * then a promotion back. There may be one of which the run knows nothing: the engine calls activities before it writes down
   * that it has (docs/decisions/0039-activities-that-come-late.md).
   */
  retireOnFailure(): void {
    const { reference } = this.order;
    const { run } = this.input;
    this.retirePromotedOnFailure();
    this.parts.saga.onFailure(
      'retireCandidate',
      ({ steps }) => steps.retireCandidate({ reference, run }),
      ({ steps }) => steps.retireCandidate({ reference, run, keeps: true }),
    );
  }

  /** Makes the password in this very slot, and saves it as the candidate. @throws StepFailed */
  *issue(slot: SlotName, attempt: number): Flow<IssuedCredential> {
    const { runner, log } = this.parts;
    const { reference, token, scopeMap, endpoint, credentialLifetimeDays, made, mainVersion } = this.order;
    const { run } = this.input;
    log.enter('credentials');
    const expiresOn = later(this.context, credentialLifetimeDays * DAY_SECONDS).toISOString();
    const seen = mainVersion === undefined ? {} : { mainVersion };
    const wanted = { reference, token, scopeMap, slot, endpoint, expiresOn, run, attempt, made, ...seen };
    return yield* runner.step('issueCredentials', () => runner.steps.issueCredentials(wanted));
  }

  /** Has the device pull with a secret's version. @throws StepFailed; CredentialLost for an issued one that is gone. */
  *pullCheck(secret: { readonly name: string; readonly version: string }, issued?: IssuedInAttempt) {
    const { context, operation, input } = this;
    const { runner, log } = this.parts;
    const { reference, token, image, sync } = this.order;
    const { name, version } = secret;
    const check: PullCheck = {
      operation,
      run: input.run,
      reference,
      channel: input.channel ?? DEFAULT_CHANNEL,
      secret: { name, version },
      image,
      sync,
      ...(issued ? { issued: { token, ...issued } } : {}),
    };
    log.enter('pullCheck');
    return yield* runner.step('pullCheck', () =>
      pullCheck(context, check, runner, log, input.limits, () => this.bindAgain()),
    );
  }

  /**
   * Makes the proven candidate the main secret's newest version. Where others have taken the token off the list since the
   * pull, the connected registry may have lost it: the device proves it again once it is bound again.
   * @param replaces the password before it, and from when it may go.
   * @throws StepFailed; CredentialLost as a pull check does.
   */
  *promote(
    credential: IssuedCredential,
    proof: VerifiedPull,
    attempt: number,
    replaces: () => OldPassword | undefined = () => undefined,
  ): Flow<Promotion> {
    const { log } = this.parts;
    const { reference, token, scopeMap, made } = this.order;
    const { run } = this.input;
    // A cancel comes too late now: a promotion that is done is not to be undone, consumers may have it already.
    const runner = this.parts.runner.uninterrupted();
    this.retirePromotedOnFailure();
    for (let pull = proof, bindings = 1; ; bindings += 1) {
      const old = replaces();
      const replaced = old ? { revokeOld: old } : {};
      const order = { reference, token, scopeMap, credential, run, attempt, made, pull, ...replaced };
      log.enter('promote');
      const promoted = yield* runner.step('promote', () => runner.steps.promote(order));
      if (promoted.promoted) return { secret: { name: promoted.name, version: promoted.version }, pull, ...replaced };
      if (bindings >= MAX_BINDINGS)
        throw new StepFailed('unbound', `token ${token} is taken off ${reference.connectedRegistry} again and again`);
      log.enter('bind');
      yield* this.parts.runner.step('bind', () => this.bindAgain());
      pull = yield* this.pullCheck(credential, { credential, attempt });
    }
  }

  private retirePromotedOnFailure(): void {
    const { reference, mainVersion } = this.order;
    const { run } = this.input;
    if (this.retiresPromoted) return;
    this.retiresPromoted = true;
    const earlier = mainVersion === undefined ? {} : { earlier: mainVersion };
    this.parts.saga.onFailure('retirePromoted', ({ steps }) => steps.retirePromoted({ reference, run, ...earlier }));
  }

  /** Best effort: an agent also reads its main secret again by itself, so a lost event costs nothing. */
  *announce(secret: { readonly name: string; readonly version: string }): Flow<void> {
    const { connectedRegistry, client } = this.order.reference;
    const { operation, input } = this;
    const { channel = DEFAULT_CHANNEL } = input;
    const expiresAt = later(this.context, this.order.acknowledgeSeconds).toISOString();
    const message = { operation, run: input.run, client, connectedRegistry, secret, expiresAt };
    yield* this.parts.runner.bestEffort('announce', ANNOUNCE_SECONDS, (steps) =>
      steps.announcePromotion({ ...message, channel }),
    );
  }
}
