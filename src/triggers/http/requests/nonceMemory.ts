import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';

/** How many nonces are remembered of one sender, and of all. */
interface NonceLimits {
  readonly perSender: number;
  readonly total: number;
}

/**
 * How many nonces a sender needs at most: as many requests as a rate limit accepts while a signature is valid, which is
 * longest for one that was made ahead of time.
 * @param perMinute requests of one sender that the rate limit accepts, which may all come at once
 */
export function noncesOf(perMinute: number): number {
  return perMinute * (1 + (2 * CLOCK_WINDOW) / 60);
}

/** A request whose signature is valid. */
interface Signed {
  readonly nonce: string;
  /** When it was signed, by the sender's clock: seconds since 1970. */
  readonly iat: number;
}

interface Sender {
  /** Time of each nonce, in the order of arrival. */
  readonly nonces: Map<string, number>;
  /**
   * Times of nonces that were dropped: requests of these seconds are refused. Others are not, so a sender whose clock
   * was ahead is not refused until the time of its clock has come.
   */
  readonly refused: Set<number>;
  /** The latest time of its requests. */
  latest: number;
}

/**
 * Remembers nonces in one instance of the app for as long as their signatures are valid. Memory is bounded. When it is
 * full, the sender's own oldest nonce goes, and the sender's requests of that second are refused from then on: nothing
 * is let in twice, and no sender pushes out another's nonces. Only a sender without any pushes out another sender: the
 * one that was silent for the longest time, whose last requests could be repeated then.
 */
export class NonceMemory {
  /** In the order of their last request. */
  private readonly senders = new Map<string, Sender>();
  private total = 0;

  constructor(private readonly limits: NonceLimits) {}

  /** Whether the request was remembered before. Unlike {@link admit} it changes nothing. */
  knows(name: string, { nonce }: Signed): boolean {
    return this.senders.get(name)?.nonces.has(nonce) === true;
  }

  /**
   * Remembers a request.
   * @param now seconds since 1970
   * @returns false if the request was remembered before, or is so old that this is unknown
   */
  admit(name: string, { nonce, iat }: Signed, now: number): boolean {
    this.forgetSilent(now);
    const sender = this.senders.get(name) ?? { nonces: new Map<string, number>(), refused: new Set(), latest: iat };
    this.dropExpired(sender, now);
    if (sender.refused.has(iat) || sender.nonces.has(nonce) || !this.hasRoom(sender, iat)) return false;
    sender.nonces.set(nonce, iat);
    sender.latest = Math.max(sender.latest, iat);
    this.total += 1;
    this.senders.delete(name);
    this.senders.set(name, sender);
    return true;
  }

  /** Makes room for one nonce. @returns false if the sender's other nonces of the same time need it */
  private hasRoom(sender: Sender, iat: number): boolean {
    if (sender.nonces.size < this.limits.perSender && this.total < this.limits.total) return true;
    if (sender.nonces.size > 0) {
      const own = [...sender.nonces].find(([, time]) => time !== iat);
      if (!own) return false;
      this.drop(sender, own[0]);
      sender.refused.add(own[1]);
      return true;
    }
    const [silent] = this.senders;
    if (silent) this.forget(...silent);
    return true;
  }

  /** Forgets senders from whom nothing came in the window. */
  private forgetSilent(now: number): void {
    for (const [name, sender] of this.senders) {
      if (isValid(sender.latest, now)) return;
      this.forget(name, sender);
    }
  }

  private forget(name: string, { nonces }: Sender): void {
    this.senders.delete(name);
    this.total -= nonces.size;
  }

  private dropExpired(sender: Sender, now: number): void {
    for (const [nonce, iat] of sender.nonces) if (!isValid(iat, now)) this.drop(sender, nonce);
    for (const iat of sender.refused) if (!isValid(iat, now)) sender.refused.delete(iat);
  }

  private drop({ nonces }: Sender, nonce: string): void {
    nonces.delete(nonce);
    this.total -= 1;
  }
}

/**
 * Whether a signature of this time is still in the window, so that a repetition would be let in but for this memory.
 */
function isValid(iat: number, now: number): boolean {
  return iat + CLOCK_WINDOW >= now;
}
