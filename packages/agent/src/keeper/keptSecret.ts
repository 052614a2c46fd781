import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { Acknowledgements } from '../acknowledgements.js';
import type { AgentClock } from '../agentClock.js';
import { ConsumerFailure } from '../consumers/consumer.js';
import type { Consumer } from '../consumers/consumer.js';
import type { HangingWork } from './hangingWork.js';
import type { Log } from '../log.js';
import { newestSecret } from '../newestSecret.js';
import { steadyShare } from '../pauses.js';
import { isAcknowledgeable, promotionsOf } from './promotions.js';
import { PullFailure, errorName } from '../pullFailure.js';
import type { Acknowledgeable, Sent } from '../reporter.js';
import { parseDockerConfig } from '../secrets/dockerConfig.js';
import { SecretMissing } from '../secrets/vault.js';
import type { SecretReader, SecretValue } from '../secrets/vault.js';
import { within } from '../watchdog.js';

export interface SecretKeepingOptions {
  secrets: SecretReader;
  consumers: readonly Consumer[];
  /** Maximum milliseconds between two reads of a secret. */
  refresh: number;
  acknowledge: (promotion: Acknowledgeable, version: string, signal: AbortSignal) => Promise<Sent>;
  clock: AgentClock;
  log: Log;
  /** Called when the consumers have a promoted credential. */
  delivered: (promotion: CredentialPromoted, version: string) => void;
}

/** What a secret needs of its keeper. */
export interface SecretKeeper {
  /** Aborted when the agent ends. */
  readonly signal: AbortSignal;
  readonly hanging: HangingWork;
  /** Registers work that must end before the agent ends. */
  track(work: Promise<void>): Promise<void>;
  /** Drops a secret that only a message has named, and that cannot be the one that the message meant. */
  drop(secret: KeptSecret): void;
  /** Gives places of failing secrets that only messages have named to secrets that wait for one. */
  yieldPlace(): void;
}

export const FIRST_RETRY = 30_000;
export const LONGEST_RETRY = 3_600_000;
/** Maximum milliseconds to refresh a secret, including all of its consumers. */
const LONGEST_REFRESH = 120_000;
/**
 * Maximum promotions that are remembered until a secret is read. Anyone who can send messages to the agent can send
 * them.
 */
export const MAX_PROMOTIONS = 64;
/**
 * Maximum versions, the newest, that one refresh reads because promotions name them. Only messages have named these.
 */
const MAX_VERSIONS = 4;
/** Attempts after which a missing secret is dropped if only a message has named it. Replicas of a vault lag. */
const ATTEMPTS_FOR_MISSING = 3;
/**
 * The share of a pause that is certain; the rest depends on the name. The agents of a fleet read at different times.
 */
const LEAST_SHARE = 0.9;

/**
 * One main secret, and the credential that consumers have of it. It is refreshed when something asks for that, and
 * again after a pause; one refresh at a time.
 */
export class KeptSecret {
  #isProven: boolean;
  /** The last value that was written. An older version never replaces it. */
  #written: SecretValue | undefined;
  /** Promotions to acknowledge once the secret is written, if they belong to its client. The newest is last. */
  #promotions: readonly CredentialPromoted[] = [];
  #failures = 0;
  #timer: { cancel(): void } | undefined;
  #isRefreshing = false;
  /** Whether another refresh is to follow the one in progress. */
  #isAskedAgain = false;
  #isDropped = false;
  readonly #acknowledgements: Acknowledgements;

  constructor(
    /** In lower case: names in a vault ignore case. */
    readonly name: string,
    isProven: boolean,
    private readonly options: SecretKeepingOptions,
    private readonly keeper: SecretKeeper,
  ) {
    this.#isProven = isProven;
    this.#acknowledgements = new Acknowledgements({
      acknowledge: options.acknowledge,
      track: (work) => keeper.track(work),
      log: options.log,
    });
  }

  /**
   * True if the secret was read as its client's, or comes from a setting or a consumer's own record. Other secrets were
   * named only by a message, which anyone may have sent, so they can be dropped to make room.
   */
  get isProven(): boolean {
    return this.#isProven;
  }

  get isWritten(): boolean {
    return this.#written !== undefined;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  get isAcknowledging(): boolean {
    return this.#acknowledgements.isOpen;
  }

  prove(): void {
    this.#isProven = true;
  }

  /** Refreshes the secret now, or again after the refresh in progress. */
  refresh(promotions: readonly CredentialPromoted[] = []): void {
    this.#promotions = [...this.#promotions, ...promotions].slice(-MAX_PROMOTIONS);
    if (this.keeper.signal.aborted) return;
    this.#timer?.cancel();
    if (this.#isRefreshing) this.#isAskedAgain = true;
    else void this.keeper.track(this.#refreshes());
  }

  /** Starts no more refreshes. */
  drop(): void {
    this.#isDropped = true;
    this.#timer?.cancel();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#acknowledgements.stop();
  }

  /** Refreshes until nothing asks for another refresh, and schedules the next. */
  async #refreshes(): Promise<void> {
    this.#isRefreshing = true;
    do {
      this.#isAskedAgain = false;
      await this.#attempt();
    } while (this.#isAskedAgain && !this.#isDropped && !this.keeper.signal.aborted);
    this.#isRefreshing = false;
    if (!this.#isDropped) this.#refreshLater();
  }

  async #attempt(): Promise<void> {
    const { log } = this.options;
    try {
      await this.#inTime();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.keeper.signal.aborted) return;
      log('credential not delivered', { secret: this.name, reason: reasonOf(error), failures: this.#failures });
      // Promotions that arrived in the meantime have not been handled yet.
      if (this.#isProven || this.#isAskedAgain || this.#isDropped) return;
      if (isNobodys(error, this.#failures)) this.keeper.drop(this);
      else this.keeper.yieldPlace();
    }
  }

  /** Refreshes with a time limit, so that whatever blocks it does not block later refreshes. */
  #inTime(): Promise<void> {
    return within(LONGEST_REFRESH, this.keeper.signal, (ending) => {
      const work = this.#bringUpToDate(ending);
      let isOver = false;
      const ended = () => void (isOver = true);
      work.then(ended, ended);
      const abandoned = () => {
        if (!isOver) this.keeper.hanging.add(work);
      };
      ending.addEventListener('abort', abandoned, { once: true });
      return work;
    });
  }

  #refreshLater(): void {
    if (this.keeper.signal.aborted) return;
    const { clock, refresh } = this.options;
    const retry = Math.min(FIRST_RETRY * 2 ** Math.min(this.#failures - 1, 10), LONGEST_RETRY);
    const wait = this.isFailing ? Math.min(retry, refresh) : refresh;
    const due = clock.now().getTime() + wait * steadyShare(this.name, LEAST_SHARE);
    this.#timer = clock.setTimer(new Date(due), () => this.refresh());
  }

  async #bringUpToDate(ending: AbortSignal): Promise<void> {
    const asked = this.#promotions;
    const named = [...new Set(asked.map(({ secret }) => secret.version))].slice(-MAX_VERSIONS);
    const newest = await newestSecret(this.options.secrets, this.name, named, ending);
    const own = this.#ownPromotions(asked, newest);
    // A replica of the vault may return an older version than before.
    const current = this.#written && this.#written.createdOn > newest.createdOn ? this.#written : newest;
    await this.#deliver(current, own.length > 0, ending);
    this.#written = current;
    const promotion = own.at(-1);
    if (promotion === undefined) return;
    this.#removePromotions(asked);
    this.options.delivered(promotion, current.version);
    for (const each of own) if (isAcknowledgeable(each)) this.#acknowledgements.begin(each, current.version);
  }

  /**
   * Gives a value to all consumers.
   * @throws ConsumerFailure with the reasons of all that refuse it
   */
  async #deliver({ value, version }: SecretValue, takeOver: boolean, ending: AbortSignal): Promise<void> {
    const { consumers, log } = this.options;
    const credentials = parseDockerConfig(value);
    this.#isProven = true;
    const failures: string[] = [];
    for (const consumer of consumers) {
      try {
        const end = await consumer.write({ secret: this.name, credentials, takeOver }, ending);
        const facts = { secret: this.name, version, to: consumer.name };
        if (end === 'written') log('credential delivered', facts);
        if (end === 'left') log('credential not delivered: another secret has its endpoint', facts);
      } catch (error) {
        if (!(error instanceof ConsumerFailure)) throw error;
        failures.push(`${consumer.name}: ${error.message}`);
      }
    }
    if (failures.length > 0) throw new ConsumerFailure(failures.join('; '));
  }

  /** The promotions to deliver. Those of other clients are removed, and do not prevent the secret's refresh. */
  #ownPromotions(asked: readonly CredentialPromoted[], newest: SecretValue): readonly CredentialPromoted[] {
    try {
      return promotionsOf(newest, asked);
    } catch (error) {
      this.#removePromotions(asked);
      if (!this.#isProven) throw error;
      this.options.log('promotion refused', { secret: this.name, reason: reasonOf(error) });
      return [];
    }
  }

  /** Removes only the promotions that the refresh started with. */
  #removePromotions(asked: readonly CredentialPromoted[]): void {
    this.#promotions = this.#promotions.filter((promotion) => !asked.includes(promotion));
  }
}

/**
 * Whether the secret cannot be the one that a message meant: it is missing, belongs to another client or is not a
 * credential.
 */
function isNobodys(error: unknown, failures: number): boolean {
  if (error instanceof SecretMissing) return failures >= ATTEMPTS_FOR_MISSING;
  return error instanceof PullFailure && error.outcome === 'secret-invalid';
}

/** The reason of a failure, as text for the log. */
export function reasonOf(error: unknown): string {
  const known = error instanceof PullFailure || error instanceof ConsumerFailure;
  return known ? error.message : `unexpected ${errorName(error)}`;
}
