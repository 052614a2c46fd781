import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { Acknowledgements } from './acknowledgements.js';
import type { AgentClock } from './agentClock.js';
import { pause } from './agentClock.js';
import { ConsumerFailure } from './consumers/consumer.js';
import type { Consumer } from './consumers/consumer.js';
import { MAX_SECRETS } from './consumers/ledger.js';
import type { Log } from './log.js';
import { newestSecret } from './newestSecret.js';
import { growingPauses } from './pauses.js';
import { PullFailure, asPullFailure, errorName } from './pullFailure.js';
import type { Acknowledgeable, Sent } from './reporter.js';
import { parseDockerConfig } from './secrets/dockerConfig.js';
import { requireOwner } from './secrets/owner.js';
import { SecretMissing } from './secrets/vault.js';
import type { SecretReader, SecretValue } from './secrets/vault.js';
import { within } from './watchdog.js';

export interface KeeperOptions {
  secrets: SecretReader;
  consumers: readonly Consumer[];
  /** Main secrets to keep, by name. With some listed, no promotion adds another. */
  listed: readonly string[];
  /** Longest time between two looks at a secret, in milliseconds. */
  refresh: number;
  acknowledge: (promotion: Acknowledgeable, version: string, signal: AbortSignal) => Promise<Sent>;
  clock: AgentClock;
  log: Log;
  /** Told when the consumers have a promoted credential. */
  delivered: (promotion: CredentialPromoted, version: string) => void;
}

/** Keeps what container engines sign in with equal to the main secrets. */
export interface Keeper {
  /** Begins with the secrets that are listed, and those that the consumers remember. */
  start(): void;
  promoted(promotion: CredentialPromoted): void;
  /** `secretsHanging`: secrets whose reading or writing was given up, and still has not ended; there when there are any. */
  health(): { secretsKept: number; secretsFailing: number; acknowledgementsOpen: number; secretsHanging?: number };
  stop(): Promise<void>;
}

interface Kept {
  /**
   * It was read once as its client's, or is there by a setting or a consumer's own memory. Others have been named by a message
   * alone, which anyone may have sent: they make room.
   */
  isProven: boolean;
  /** What was written last; an older version never replaces it. */
  written?: SecretValue;
  /** What may have to be acknowledged once it is written, if it is its client's; the newest last. */
  promotions: CredentialPromoted[];
  failures: number;
  timer?: { cancel(): void };
  /** The look under way, and whether another is wanted after it. */
  looking?: Promise<void>;
  again: boolean;
  readonly acknowledgements: Acknowledgements;
}

const FIRST_RETRY = 30_000;
const LONGEST_RETRY = 3_600_000;
/** Milliseconds that a look at a secret may take, all of its consumers included. */
const LONGEST_LOOK = 120_000;
/** Promotions of one secret that are remembered until it has been read: anyone's, who can send the agent a message. */
const MAX_PROMOTIONS = 64;
/** Versions that promotions name of which one look reads so many, the newest: a message alone has named them. */
const MAX_VERSIONS = 4;
/** Looks after which a secret that is not there is forgotten, when a message alone has named it: replicas of a vault lag. */
const LOOKS_FOR_MISSING = 3;

export function createKeeper(options: KeeperOptions): Keeper {
  const { consumers, clock, log, secrets } = options;
  const kept = new Map<string, Kept>();
  /** Promotions that found no place, in case one becomes free: those that took it may be nobody's. */
  const later = new Map<string, CredentialPromoted>();
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  let hanging = 0;
  // Each open piece of work listens for its end; how many there may be is bounded.
  setMaxListeners(0, stopping.signal);
  const { signal } = stopping;

  /** What is known of a secret; undefined when there is no place for it. A vault's names have no case. */
  function keep(name: string, isProven: boolean): Kept | undefined {
    const known = kept.get(name);
    if (known) {
      known.isProven ||= isProven;
      return known;
    }
    if (kept.size >= MAX_SECRETS) {
      const [unproven] = [...kept].find(([, one]) => !one.isProven && one.failures > 0) ?? [];
      if (unproven === undefined) return undefined;
      forget(unproven, 'others were named since');
    }
    const acknowledgements = new Acknowledgements({ acknowledge: options.acknowledge, track, log });
    const fresh: Kept = { isProven, promotions: [], failures: 0, again: false, acknowledgements };
    kept.set(name, fresh);
    return fresh;
  }

  /** A secret that only a message has named. */
  function forget(name: string, reason: string): void {
    const one = kept.get(name);
    one?.timer?.cancel();
    kept.delete(name);
    log('secret not kept', { secret: name, reason });
    const [next] = later;
    if (next === undefined || kept.size >= MAX_SECRETS) return;
    later.delete(next[0]);
    look(next[0], false, next[1]);
  }

  /** Looks at a secret now, or once more after the look under way. */
  function look(given: string, isProven: boolean, promotion?: CredentialPromoted): void {
    const name = given.toLowerCase();
    const one = keep(name, isProven);
    if (!one) {
      log('secret not kept', { secret: name, reason: `${MAX_SECRETS} are kept already` });
      if (promotion && later.size < MAX_SECRETS) later.set(name, promotion);
      return;
    }
    if (promotion) one.promotions = [...one.promotions, promotion].slice(-MAX_PROMOTIONS);
    if (signal.aborted) return;
    one.timer?.cancel();
    if (one.looking) {
      one.again = true;
      return;
    }
    one.looking = track(
      inTime(name, one)
        .then(() => {
          one.failures = 0;
        })
        .catch((error: unknown) => {
          one.failures += 1;
          if (signal.aborted) return;
          log('credential not delivered', { secret: name, reason: reasonOf(error), failures: one.failures });
          // What came meanwhile has not been looked at.
          if (!one.isProven && !one.again && isNobodys(error, one.failures) && kept.get(name) === one)
            forget(name, 'it is not to be had');
        })
        .finally(() => {
          delete one.looking;
          if (kept.get(name) !== one) return;
          if (one.again) {
            one.again = false;
            look(name, one.isProven);
          } else lookLater(name, one);
        }),
    );
  }

  /** A look that is waited for only so long: whatever it waits for, other looks come after it. */
  function inTime(name: string, one: Kept): Promise<void> {
    return within(LONGEST_LOOK, signal, (ending) => {
      const work = bringUpToDate(name, one, ending);
      let isOver = false;
      ending.addEventListener(
        'abort',
        () => {
          if (isOver) return;
          hanging += 1;
          const over = () => void (hanging -= 1);
          work.then(over, over);
        },
        { once: true },
      );
      const ended = () => void (isOver = true);
      work.then(ended, ended);
      return work;
    });
  }

  function lookLater(name: string, one: Kept): void {
    if (signal.aborted) return;
    const retry = Math.min(FIRST_RETRY * 2 ** Math.min(one.failures - 1, 10), LONGEST_RETRY);
    const wait = one.failures > 0 ? Math.min(retry, options.refresh) : options.refresh;
    one.timer = clock.setTimer(new Date(clock.now().getTime() + wait * share(name)), () => look(name, one.isProven));
  }

  async function bringUpToDate(name: string, one: Kept, ending: AbortSignal): Promise<void> {
    const asked = one.promotions;
    const named = [...new Set(asked.map(({ secret }) => secret.version))].slice(-MAX_VERSIONS);
    const newest = await newestSecret(secrets, name, named, ending);
    const own = ownPromotions(name, one, asked, newest);
    const promotion = own.at(-1);
    // A vault's replica may answer with an older version than one did before.
    const current = one.written && one.written.createdOn > newest.createdOn ? one.written : newest;
    const credentials = parseDockerConfig(current.value);
    one.isProven = true;
    const failures: string[] = [];
    for (const consumer of consumers) {
      try {
        const end = await consumer.write({ secret: name, credentials, takeOver: promotion !== undefined }, ending);
        const facts = { secret: name, version: current.version, to: consumer.name };
        if (end === 'written') log('credential delivered', facts);
        if (end === 'left') log('credential not delivered: another secret has its endpoint', facts);
      } catch (error) {
        if (!(error instanceof ConsumerFailure)) throw error;
        failures.push(`${consumer.name}: ${error.message}`);
      }
    }
    if (failures.length > 0) throw new ConsumerFailure(failures.join('; '));
    one.written = current;
    if (promotion === undefined) return;
    drop(one, asked);
    options.delivered(promotion, current.version);
    for (const each of own) if (isAcknowledgeable(each)) one.acknowledgements.begin(each, current.version);
  }

  /** What to deliver for; promotions of other clients are dropped, and do not keep the secret from being kept up to date. */
  function ownPromotions(
    name: string,
    one: Kept,
    asked: readonly CredentialPromoted[],
    newest: SecretValue,
  ): readonly CredentialPromoted[] {
    try {
      return promotionsOf(newest, asked);
    } catch (error) {
      drop(one, asked);
      if (!one.isProven) throw error;
      log('promotion refused', { secret: name, reason: reasonOf(error) });
      return [];
    }
  }

  /** Only what a look began with is done with at its end. */
  function drop(one: Kept, asked: readonly CredentialPromoted[]): void {
    one.promotions = one.promotions.filter((promotion) => !asked.includes(promotion));
  }

  function track(work: Promise<void>): Promise<void> {
    open.add(work);
    void work.finally(() => open.delete(work));
    return work;
  }

  /** Asks until it answers: what a consumer was given before must not be forgotten because a cluster is just starting. */
  async function recall(consumer: Consumer): Promise<void> {
    const pauses = growingPauses(FIRST_RETRY, LONGEST_RETRY);
    while (!signal.aborted) {
      try {
        for (const name of await consumer.remembered(signal))
          if (admits(name) && !kept.has(name.toLowerCase())) look(name, true);
        return;
      } catch (error) {
        if (!signal.aborted) log('consumer not read', { consumer: consumer.name, reason: reasonOf(error) });
      }
      await pause(clock, pauses.next(), signal);
    }
  }

  const listed = new Set(options.listed.map((name) => name.toLowerCase()));
  const admits = (name: string) => listed.size === 0 || listed.has(name.toLowerCase());

  return {
    start() {
      if (consumers.length === 0) return;
      for (const name of options.listed) look(name, true);
      for (const consumer of consumers) void track(recall(consumer));
    },
    promoted(promotion) {
      const { name } = promotion.secret;
      if (consumers.length === 0) return;
      if (!admits(name)) return log('secret not kept', { secret: name, reason: 'SECRETS lists others' });
      look(name, false, promotion);
    },
    health() {
      const all = [...kept.values()];
      return {
        secretsKept: all.filter(({ written }) => written).length,
        secretsFailing: all.filter(({ failures }) => failures > 0).length,
        ...(hanging > 0 && { secretsHanging: hanging }),
        acknowledgementsOpen: all.filter(({ acknowledgements }) => acknowledgements.isOpen).length,
      };
    },
    async stop() {
      stopping.abort();
      for (const { timer, acknowledgements } of kept.values()) {
        timer?.cancel();
        acknowledgements.stop();
      }
      await Promise.allSettled(open);
    },
  };
}

/**
 * The promotions that are of the secret's own client: others change nothing. Throws a PullFailure where there are only
 * others.
 */
function promotionsOf({ tags }: SecretValue, asked: readonly CredentialPromoted[]): readonly CredentialPromoted[] {
  let failure: PullFailure | undefined;
  const own = asked.filter((promotion) => {
    try {
      requireOwner(tags, promotion);
      return true;
    } catch (error) {
      failure = asPullFailure(error);
      return false;
    }
  });
  if (own.length === 0 && failure) throw failure;
  return own;
}

function isAcknowledgeable(promotion: CredentialPromoted): promotion is Acknowledgeable {
  return promotion.keyId !== undefined && promotion.reportKey !== undefined && promotion.expiresAt !== undefined;
}

/** Between 0.9 and 1, by the name: so that a fleet does not come to the vault at once, and one agent always does the same. */
function share(name: string): number {
  return 0.9 + createHash('sha256').update(name).digest().readUInt16BE(0) / 0xffff / 10;
}

/** Whether a secret is none that a message may name: not there, another client's, or no credential. */
function isNobodys(error: unknown, failures: number): boolean {
  if (error instanceof SecretMissing) return failures >= LOOKS_FOR_MISSING;
  return error instanceof PullFailure && error.outcome === 'secret-invalid';
}

function reasonOf(error: unknown): string {
  const known = error instanceof PullFailure || error instanceof ConsumerFailure;
  return known ? error.message : `unexpected ${errorName(error)}`;
}
