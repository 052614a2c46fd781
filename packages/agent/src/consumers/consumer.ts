import type { RegistryCredentials } from '../secrets/dockerConfig.js';

/** Something beside the agent that signs in with the credential: a container engine, by its own file or object. */
export interface Consumer {
  /** For the log. */
  readonly name: string;
  /** The secrets that it was given before, by any run of the agent: it keeps their names where it keeps the credential. */
  remembered(signal: AbortSignal): Promise<string[]>;
  /** Gives it the credential, unless it has exactly that. Throws {@link ConsumerFailure}. */
  write(delivery: Delivery, signal: AbortSignal): Promise<WriteEnd>;
}

export interface Delivery {
  /** The secret's name. */
  secret: string;
  credentials: RegistryCredentials;
  /** Whether the endpoint may be taken over from another secret, which only a promotion may do. */
  takeOver: boolean;
}

/** `left`: another secret has the endpoint, and no promotion takes it over. */
export type WriteEnd = 'written' | 'unchanged' | 'left';

/** A consumer that could not be given a credential; the message repeats nothing secret. */
export class ConsumerFailure extends Error {
  override name = 'ConsumerFailure';
}

/** Runs one piece of work after the other, however they come: what reads, changes and writes back must not overlap. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
