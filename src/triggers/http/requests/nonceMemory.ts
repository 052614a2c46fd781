import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';

/** How many nonces are remembered of one sender, and of all. */
interface NonceLimits {
  readonly perSender: number;
  readonly total: number;
}

/** The limits of one instance of the app: about 20 MB, and of each device a request every three seconds. */
export const NONCE_LIMITS: NonceLimits = { perSender: 200, total: 100_000 };

/** A request whose signature is valid. */
interface Signed {
  readonly nonce: string;
  /** When it was signed, by the sender's clock: seconds since 1970. */
  readonly iat: number;
}

interface Sender {
  /** Time of each nonce, in the order of arrival. */
  readonly nonces: Map<string, number>;
  /** Nonces of this time were dropped, so requests of this time and before are refused. */
  refusedUntil: number;
  /** The latest time of its requests. */
  latest: number;
}

/**
 * Remembers nonces in one instance of the app for as long as their signatures are valid. Memory is bounded. When it is full,
 * the sender's own oldest nonce goes, and the sender's requests of that time are refused from then on: nothing is let in
 * twice, and no sender pushes out another's nonces. Only a sender without any pushes out another sender: the one that was
 * silent for the longest time, whose last requests could be repeated then.
 */
export class NonceMemory {
  /** In the order of their last request. */
  private readonly senders = new Map<string, Sender>();
  private total = 0;

  constructor(private readonly limits: NonceLimits) {}

  /**
   * Remembers a request.
   * @param now seconds since 1970
   * @returns false if the request was remembered before, or is so old that this is unknown
   */
  admit(name: string, { nonce, iat }: Signed, now: number): boolean {
    this.forgetSilent(now);
    const sender = this.senders.get(name) ?? { nonces: new Map<string, number>(), refusedUntil: -1, latest: iat };
    this.dropExpired(sender, now);
    if (iat <= sender.refusedUntil || sender.nonces.has(nonce) || !this.hasRoom(sender, iat)) return false;
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
    const [own] = sender.nonces;
    if (own) {
      const [nonce, time] = own;
      if (time >= iat) return false;
      this.drop(sender, nonce);
      sender.refusedUntil = Math.max(sender.refusedUntil, time);
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
  }

  private drop({ nonces }: Sender, nonce: string): void {
    nonces.delete(nonce);
    this.total -= 1;
  }
}

/** Whether a signature of this time is still in the window, so that a repetition would be let in but for this memory. */
function isValid(iat: number, now: number): boolean {
  return iat + CLOCK_WINDOW >= now;
}
