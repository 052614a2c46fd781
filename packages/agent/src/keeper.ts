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
  /** Names of the main secrets to keep. If any are listed, promotions add no others. */
  listed: readonly string[];
  /** Names of main secrets to keep from the start, beside others. */
  known: readonly string[];
  /** Maximum milliseconds between two reads of a secret. */
  refresh: number;
  acknowledge: (promotion: Acknowledgeable, version: string, signal: AbortSignal) => Promise<Sent>;
  clock: AgentClock;
  log: Log;
  /** Called when the consumers have a promoted credential. */
  delivered: (promotion: CredentialPromoted, version: string) => void;
}

/** Keeps the credentials of container engines equal to the main secrets. */
export interface Keeper {
  /** Starts with the listed secrets and those that the consumers remember. */
  start(): void;
  promoted(promotion: CredentialPromoted): void;
  /** `secretsHanging`: secrets whose read or write was abandoned and has not ended; present if there are any. */
  health(): { secretsKept: number; secretsFailing: number; acknowledgementsOpen: number; secretsHanging?: number };
  stop(): Promise<void>;
}

interface Kept {
  /**
   * True if the secret was read as its client's, or comes from a setting or a consumer's own record. Other secrets were
   * named only by a message, which anyone may have sent, so they can be dropped to make room.
   */
  isProven: boolean;
  /** The last value that was written. An older version never replaces it. */
  written?: SecretValue;
  /** Promotions to acknowledge once the secret is written, if they belong to its client. The newest is last. */
  promotions: CredentialPromoted[];
  failures: number;
  timer?: { cancel(): void };
  /** The refresh in progress. `again` asks for another one after it. */
  looking?: Promise<void>;
  again: boolean;
  readonly acknowledgements: Acknowledgements;
}

const FIRST_RETRY = 30_000;
const LONGEST_RETRY = 3_600_000;
/** Maximum milliseconds to refresh a secret, including all of its consumers. */
const LONGEST_LOOK = 120_000;
/**
 * Maximum promotions that are remembered until a secret is read. Anyone who can send messages to the agent can send
 * them.
 */
const MAX_PROMOTIONS = 64;
/**
 * Maximum versions, the newest, that one refresh reads because promotions name them. Only messages have named these.
 */
const MAX_VERSIONS = 4;
/** Attempts after which a missing secret is forgotten if only a message has named it. Replicas of a vault lag. */
const LOOKS_FOR_MISSING = 3;

export function createKeeper(options: KeeperOptions): Keeper {
  const { consumers, clock, log, secrets } = options;
  const kept = new Map<string, Kept>();
  /**
   * Promotions that found no room, in case some becomes free: the secrets that occupy it may turn out to be invalid.
   */
  const later = new Map<string, CredentialPromoted>();
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  let hanging = 0;
  // Each open piece of work listens to this signal. Their number is bounded.
  setMaxListeners(0, stopping.signal);
  const { signal } = stopping;

  /** Returns the record of a secret, or creates one; undefined if there is no room. Names in a vault ignore case. */
  function keep(name: string, isProven: boolean): Kept | undefined {
    const known = kept.get(name);
    if (known) {
      known.isProven ||= isProven;
      return known;
    }
    if (kept.size >= MAX_SECRETS) {
      const [unproven] = [...kept].find(([, one]) => !one.isProven && one.failures > 0) ?? [];
      if (unproven === undefined) return undefined;
      forget(unproven, 'other secrets were named since');
    }
    const acknowledgements = new Acknowledgements({ acknowledge: options.acknowledge, track, log });
    const fresh: Kept = { isProven, promotions: [], failures: 0, again: false, acknowledgements };
    kept.set(name, fresh);
    return fresh;
  }

  /** Drops a secret that only a message has named. */
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

  /** Refreshes a secret now, or again after the refresh in progress. */
  function look(given: string, isProven: boolean, promotion?: CredentialPromoted): void {
    const name = given.toLowerCase();
    const one = keep(name, isProven);
    if (!one) {
      log('secret not kept', { secret: name, reason: `the maximum of ${MAX_SECRETS} is reached` });
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
          // Promotions that arrived in the meantime have not been handled yet.
          if (!one.isProven && !one.again && isNobodys(error, one.failures) && kept.get(name) === one)
            forget(name, 'it cannot be read');
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

  /** Refreshes a secret with a time limit, so that whatever blocks it does not block later refreshes. */
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
    // A replica of the vault may return an older version than before.
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

  /** The promotions to deliver. Those of other clients are dropped, and do not prevent the secret's refresh. */
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

  /** Removes only the promotions that the refresh started with. */
  function drop(one: Kept, asked: readonly CredentialPromoted[]): void {
    one.promotions = one.promotions.filter((promotion) => !asked.includes(promotion));
  }

  function track(work: Promise<void>): Promise<void> {
    open.add(work);
    void work.finally(() => open.delete(work));
    return work;
  }

  /**
   * Retries until the consumer answers: its earlier credentials must not be forgotten because a cluster is starting.
   */
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
      for (const name of [...options.listed, ...options.known]) look(name, true);
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
 * Returns the promotions of the secret's own client.
 * @throws PullFailure if there are only promotions of other clients
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

/**
 * A factor between 0.9 and 1, derived from the name, so that the agents of a fleet do not read the vault at the same
 * time, and each agent is consistent.
 */
function share(name: string): number {
  return 0.9 + createHash('sha256').update(name).digest().readUInt16BE(0) / 0xffff / 10;
}

/**
 * Whether the secret cannot be the one that a message meant: it is missing, belongs to another client or is not a
 * credential.
 */
function isNobodys(error: unknown, failures: number): boolean {
  if (error instanceof SecretMissing) return failures >= LOOKS_FOR_MISSING;
  return error instanceof PullFailure && error.outcome === 'secret-invalid';
}

function reasonOf(error: unknown): string {
  const known = error instanceof PullFailure || error instanceof ConsumerFailure;
  return known ? error.message : `unexpected ${errorName(error)}`;
}
