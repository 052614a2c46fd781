import type { RegistryCredentials } from '../secrets/dockerConfig.js';

/** Something that signs in with the credential: a container engine, through its own file or object. */
export interface Consumer {
  /** The name in the log. */
  readonly name: string;
  /**
   * The names of the secrets that it received before, from any run of the agent. They are stored beside the credential.
   */
  remembered(signal: AbortSignal): Promise<string[]>;
  /**
   * Writes the credential, unless it is already there.
   * @throws ConsumerFailure
   */
  write(delivery: Delivery, signal: AbortSignal): Promise<WriteEnd>;
}

export interface Delivery {
  /** The secret's name. */
  secret: string;
  credentials: RegistryCredentials;
  /** True if this delivery may take the endpoint over from another secret. Only a promotion may do so. */
  takeOver: boolean;
}

/** `left`: another secret has the endpoint, and this delivery may not take it over. */
export type WriteEnd = 'written' | 'unchanged' | 'left';

/** A credential could not be written to a consumer. The message contains no secret. */
export class ConsumerFailure extends Error {
  override name = 'ConsumerFailure';
}

/** Runs work one at a time, in order of arrival: reading, changing and writing back must not overlap. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
