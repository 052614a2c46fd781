import type { IssuedCredential } from '../../activities/credentials/issueCredentials.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { MadeByUs, OldPassword, VerifiedPull } from '@connected-registry/protocol/names/secretTags';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';
import type { Run } from '../../domain/operations/run.js';
import { StepFailed, type Flow } from '../run/flow.js';
import type { Compensation, RunContext } from '../run/runContext.js';
import type { DeviceAddress } from './deviceAddress.js';
import { CredentialLost, pullCheck } from './pullCheck.js';

/** Maximum passwords that one run issues if the registry loses one. */
const MAX_CREDENTIALS = 3;

/** How often a flow binds again when the binding is gone just before promotion. */
const MAX_BINDINGS = 3;

/** How long, in seconds, to try to announce a promotion: the device also finds out by itself. */
const ANNOUNCE_SECONDS = 60;

const DAY_SECONDS = 24 * 3600;

/** For whom a credential is made, and what it must prove. */
interface CredentialOrder {
  readonly reference: ClientReference;
  readonly token: string;
  readonly scopeMap: string;
  /** What the device is to pull. */
  readonly image: string;
  /** host:port that the secret is for. */
  readonly endpoint: string;
  readonly credentialLifetimeDays: number;
  readonly sync: SyncFacts;
  /** How the device is reached. */
  readonly address: DeviceAddress;
  readonly made: MadeByUs;
  /** Whether the token is that of others until the run succeeds. */
  readonly isAdopted?: true;
  /** The main secret's version before this run. */
  readonly mainVersion?: string;
  /**
   * How long the device's right to read the secret may take to be effective, in seconds; absent if this run did not
   * give it.
   */
  readonly accessSeconds?: number;
  /** How long the device may acknowledge its promotion, in seconds. */
  readonly acknowledgeSeconds: number;
}

/** A promoted credential. */
interface Promotion {
  /** Version of the main secret. */
  readonly secret: { readonly name: string; readonly version: string };
  /** The pull that proves it. */
  readonly pull: VerifiedPull;
  /** The password that it replaces. */
  readonly revokeOld?: OldPassword;
}

/** A slot that a run fills. */
interface TakenSlot {
  readonly slot: SlotName;
  /** Whether the password that it held could have been in use. */
  readonly wasLive: boolean;
  /** When that password was made (ISO 8601); absent for an empty slot. */
  readonly earlierPassword?: string;
}

/** The steps from a new password to a promoted secret, for every flow that renews a credential. */
export class Credentials {
  private isPromotionUndone = false;
  /** When the passwords were made that this run has issued (ISO 8601). */
  private readonly issued: string[] = [];
  /**
   * When the secrets expire for which this run has requested passwords (ISO 8601). Not all of these passwords were
   * saved.
   */
  private readonly requested: string[] = [];

  /** @param bindAgain what to do when the connected registry seems to have lost the token */
  constructor(
    private readonly run: RunContext<Run>,
    private readonly order: CredentialOrder,
    private readonly bindAgain: () => Flow<void>,
  ) {}

  /**
   * Issues and proves a password, and does so again when the registry no longer holds it: a late request of another run
   * may have wiped it.
   *
   * @param renew gets the number of the attempt, from 1
   * @throws StepFailed; CredentialLost after the last attempt
   */
  *unlessLost<T>(renew: (attempt: number) => Flow<T>): Flow<T> {
    for (let attempt = 1; ; attempt += 1)
      try {
        return yield* renew(attempt);
      } catch (error) {
        if (!(error instanceof CredentialLost) || attempt >= MAX_CREDENTIALS) throw error;
      }
  }

  /**
   * Issues a password in this slot and saves it as the candidate.
   * @param undo see {@link undoIssue}
   * @throws StepFailed
   */
  *issue(slot: SlotName, attempt: number, undo: readonly Compensation[] = []): Flow<IssuedCredential> {
    const { run } = this;
    const { reference, token, scopeMap, endpoint, credentialLifetimeDays, made, mainVersion, isAdopted } = this.order;
    const expiresOn = run.later(credentialLifetimeDays * DAY_SECONDS).toISOString();
    this.requested.push(expiresOn);
    const seen = mainVersion === undefined ? {} : { mainVersion };
    const adopts = isAdopted ? { adopts: { issued: [...this.issued] } } : {};
    const basis = { ...seen, ...adopts };
    const wanted = { reference, token, scopeMap, slot, endpoint, expiresOn, run: run.id, attempt, made, ...basis };
    const credential = yield* run.step('issueCredentials', () => run.activities.issueCredentials(wanted), undo);
    this.issued.push(credential.slotCreatedAt);
    return credential;
  }

  /**
   * The device pulls with a secret's version.
   * @throws StepFailed; CredentialLost when the registry lost an issued one
   */
  *prove(
    secret: { readonly name: string; readonly version: string },
    issued?: { readonly credential: IssuedCredential; readonly attempt: number },
  ): Flow<VerifiedPull> {
    const { token, image, sync, address, accessSeconds } = this.order;
    const { name, version } = secret;
    const check = {
      secret: { name, version },
      image,
      sync,
      address,
      bindAgain: this.bindAgain,
      ...(accessSeconds === undefined ? {} : { accessSeconds }),
      ...(issued ? { issued: { token, ...issued } } : {}),
    };
    return yield* this.run.step('pullCheck', () => pullCheck(this.run, check));
  }

  /**
   * Makes the proven candidate the main secret's newest version. When others took the token off the list since the
   * pull, the connected registry may have lost it: the token is bound and the device pulls once more.
   *
   * @param replaces the password before it, and from when that one may go
   * @throws StepFailed; CredentialLost as a pull check does
   */
  *promote(
    credential: IssuedCredential,
    proof: VerifiedPull,
    attempt: number,
    replaces: () => OldPassword | undefined = () => undefined,
  ): Flow<Promotion> {
    const { reference, token, scopeMap, made } = this.order;
    // A cancel comes too late now: consumers may have a promoted credential already, so a promotion is not undone.
    const run = this.run.uninterrupted();
    for (let pull = proof, bindings = 1; ; bindings += 1) {
      const old = replaces();
      const replaced = old ? { revokeOld: old } : {};
      const order = { reference, token, scopeMap, credential, run: run.id, attempt, made, pull, ...replaced };
      const promoted = yield* run.step('promote', () => run.activities.promote(order), this.undoPromotion());
      if (promoted.promoted) return { secret: { name: promoted.name, version: promoted.version }, pull, ...replaced };
      if (bindings >= MAX_BINDINGS)
        throw new StepFailed('unbound', `token ${token} is taken off ${reference.connectedRegistry} again and again`);
      yield* this.run.step('bind', this.bindAgain);
      pull = yield* this.prove(credential, { credential, attempt });
    }
  }

  /** Best effort: an agent also reads its main secret again by itself, so a lost event costs nothing. */
  *announce(secret: { readonly name: string; readonly version: string }): Flow<void> {
    const { connectedRegistry, client } = this.order.reference;
    const { operation, id } = this.run;
    const { address } = this.order;
    const expiresAt = this.run.later(this.order.acknowledgeSeconds).toISOString();
    const message = { operation, run: id, client, connectedRegistry, secret, expiresAt };
    yield* this.run.bestEffort('announce', ANNOUNCE_SECONDS, function* (run) {
      const channel = yield* address.delivery(run);
      if (!('waits' in channel)) yield* run.activities.announcePromotion({ ...message, channel });
    });
  }

  /** Empties the slot of a token that existed before the run. */
  undoSlot({ slot, wasLive, earlierPassword }: TakenSlot): Compensation {
    const { reference, token, isAdopted } = this.order;
    const earlier = earlierPassword === undefined ? {} : { earlier: earlierPassword };
    const order = { reference, run: this.run.id, token, slot, wasLive, ...earlier };
    // By the time of the undo, the run knows which passwords it has issued and requested.
    const ofRun = () => (isAdopted ? { issued: [...this.issued], requested: [...this.requested] } : {});
    return { name: 'clearSlot', undo: ({ activities }) => activities.clearSlot({ ...order, ...ofRun() }) };
  }

  /**
   * Takes the candidate out of the vault, so that nothing can promote it any more, and then takes back a promotion.
   * There may be a promotion that the run knows nothing of: the engine calls activities before it writes down that it
   * did (docs/decisions/0039-late-activities.md).
   */
  undoIssue(): Compensation[] {
    const order = { reference: this.order.reference, run: this.run.id };
    return [
      ...this.undoPromotion(),
      {
        name: 'retireCandidate',
        undo: ({ activities }) => activities.retireCandidate(order),
        whenRevoked: ({ activities }) => activities.retireCandidate({ ...order, keeps: true }),
      },
    ];
  }

  /** Takes back a promotion; registered once a run. */
  private undoPromotion(): Compensation[] {
    if (this.isPromotionUndone) return [];
    this.isPromotionUndone = true;
    const { reference, mainVersion } = this.order;
    const order = { reference, run: this.run.id, ...(mainVersion === undefined ? {} : { earlier: mainVersion }) };
    return [{ name: 'retirePromoted', undo: ({ activities }) => activities.retirePromoted(order) }];
  }
}
