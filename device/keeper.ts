import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { CredentialPromoted } from '../src/domain/pullCheckMessages.js';
import type { AgentClock } from './clock.js';
import { pause } from './clock.js';
import { ConsumerFailure } from './consumers/consumer.js';
import type { Consumer } from './consumers/consumer.js';
import { MOST_SECRETS } from './consumers/ledger.js';
import type { Log } from './log.js';
import { newestSecret } from './newestSecret.js';
import { growingPauses } from './pauses.js';
import { PullFailure, errorName } from './pullFailure.js';
import type { Acknowledgeable, Sent } from './reporter.js';
import { parseDockerConfig } from './secrets/dockerConfig.js';
import type { SecretReader, SecretValue } from './secrets/vault.js';

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
  health(): { secretsKept: number; secretsFailing: number; acknowledgementsOpen: number };
  stop(): Promise<void>;
}

interface Kept {
  /** What was written last; an older version never replaces it. */
  written?: SecretValue;
  /** What has to be acknowledged once it is written. */
  promotion?: CredentialPromoted;
  failures: number;
  timer?: { cancel(): void };
  /** The look under way, and whether another is wanted after it. */
  looking?: Promise<void>;
  again: boolean;
  acknowledging?: AbortController;
}

const FIRST_RETRY = 30_000;
const LONGEST_RETRY = 3_600_000;

export function createKeeper(options: KeeperOptions): Keeper {
  const { consumers, clock, log, secrets } = options;
  const kept = new Map<string, Kept>();
  const open = new Set<Promise<void>>();
  const stopping = new AbortController();
  // Each open piece of work listens for its end; how many there may be is bounded.
  setMaxListeners(0, stopping.signal);
  const { signal } = stopping;

  function keep(name: string): Kept | undefined {
    const known = kept.get(name);
    if (known || kept.size >= MOST_SECRETS) return known;
    const fresh: Kept = { failures: 0, again: false };
    kept.set(name, fresh);
    return fresh;
  }

  /** Looks at a secret now, or once more after the look under way. */
  function look(name: string): void {
    const one = keep(name);
    if (!one) return log('secret not kept', { secret: name, reason: `${MOST_SECRETS} are kept already` });
    if (signal.aborted) return;
    one.timer?.cancel();
    if (one.looking) {
      one.again = true;
      return;
    }
    one.looking = track(
      bringUpToDate(name, one)
        .then(() => {
          one.failures = 0;
        })
        .catch((error: unknown) => {
          one.failures += 1;
          if (signal.aborted) return;
          log('credential not delivered', { secret: name, reason: reasonOf(error), failures: one.failures });
        })
        .finally(() => {
          delete one.looking;
          if (one.again) {
            one.again = false;
            look(name);
          } else lookLater(name, one);
        }),
    );
  }

  function lookLater(name: string, one: Kept): void {
    if (signal.aborted) return;
    const retry = Math.min(FIRST_RETRY * 2 ** Math.min(one.failures - 1, 10), LONGEST_RETRY);
    const wait = one.failures > 0 ? Math.min(retry, options.refresh) : options.refresh;
    one.timer = clock.setTimer(new Date(clock.now().getTime() + wait * share(name)), () => look(name));
  }

  async function bringUpToDate(name: string, one: Kept): Promise<void> {
    const { promotion } = one;
    const newest = await newestSecret(secrets, name, promotion?.secret.version, signal);
    // A vault's replica may answer with an older version than one did before.
    const current = one.written && one.written.createdOn > newest.createdOn ? one.written : newest;
    const credentials = parseDockerConfig(current.value);
    const failures: string[] = [];
    for (const consumer of consumers) {
      try {
        const end = await consumer.write({ secret: name, credentials, takeOver: promotion !== undefined }, signal);
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
    if (promotion === undefined || one.promotion !== promotion) return;
    delete one.promotion;
    options.delivered(promotion, current.version);
    if (isAcknowledgeable(promotion)) acknowledge(one, promotion, current.version);
  }

  function acknowledge(one: Kept, promotion: Acknowledgeable, version: string): void {
    one.acknowledging?.abort();
    const ending = new AbortController();
    one.acknowledging = ending;
    const { operation, client } = promotion;
    void track(
      options
        .acknowledge(promotion, version, ending.signal)
        .then(({ end, tries, last }) =>
          log('promotion acknowledged', { operation, client, version, acknowledgement: end, tries, lastAnswer: last }),
        )
        .catch((error: unknown) => log('acknowledgement failed', { operation, error: errorName(error) }))
        .finally(() => {
          if (one.acknowledging === ending) delete one.acknowledging;
        }),
    );
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
        for (const name of await consumer.remembered(signal)) if (admits(name) && !kept.has(name)) look(name);
        return;
      } catch (error) {
        if (!signal.aborted) log('consumer not read', { consumer: consumer.name, reason: reasonOf(error) });
      }
      await pause(clock, pauses.next(), signal);
    }
  }

  const admits = (name: string) => options.listed.length === 0 || options.listed.includes(name);

  return {
    start() {
      if (consumers.length === 0) return;
      for (const name of options.listed) look(name);
      for (const consumer of consumers) void track(recall(consumer));
    },
    promoted(promotion) {
      const { name } = promotion.secret;
      if (consumers.length === 0) return;
      if (!admits(name)) return log('secret not kept', { secret: name, reason: 'SECRETS lists others' });
      const one = keep(name);
      if (one) one.promotion = promotion;
      look(name);
    },
    health() {
      const all = [...kept.values()];
      return {
        secretsKept: all.filter(({ written }) => written).length,
        secretsFailing: all.filter(({ failures }) => failures > 0).length,
        acknowledgementsOpen: all.filter(({ acknowledging }) => acknowledging).length,
      };
    },
    async stop() {
      stopping.abort();
      for (const { timer, acknowledging } of kept.values()) {
        timer?.cancel();
        acknowledging?.abort();
      }
      await Promise.allSettled(open);
    },
  };
}

function isAcknowledgeable(promotion: CredentialPromoted): promotion is Acknowledgeable {
  return promotion.keyId !== undefined && promotion.reportKey !== undefined && promotion.expiresAt !== undefined;
}

/** Between 0.9 and 1, by the name: so that a fleet does not come to the vault at once, and one agent always does the same. */
function share(name: string): number {
  return 0.9 + createHash('sha256').update(name).digest().readUInt16BE(0) / 0xffff / 10;
}

function reasonOf(error: unknown): string {
  const known = error instanceof PullFailure || error instanceof ConsumerFailure;
  return known ? error.message : `unexpected ${errorName(error)}`;
}
