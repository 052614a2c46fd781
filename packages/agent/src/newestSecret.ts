import { PullFailure } from './pullFailure.js';
import type { SecretReader, SecretValue } from './secrets/vault.js';

/**
 * The newest version of a main secret that can be read. Just after a promotion a vault's replica may still answer with the
 * version before, and a repeated promotion may name one that has been replaced since: of all the one made last counts.
 * @param promoted versions that messages have named.
 */
export async function newestSecret(
  secrets: SecretReader,
  name: string,
  promoted: readonly string[],
  signal: AbortSignal,
): Promise<SecretValue> {
  const reads = await Promise.allSettled([
    secrets.read(name, undefined, signal),
    ...promoted.map((version) => secrets.read(name, version, signal)),
  ]);
  const found = reads.flatMap((read) => (read.status === 'fulfilled' ? [read.value] : []));
  const [newest] = found.sort((one, other) => other.createdOn.getTime() - one.createdOn.getTime());
  if (newest) return newest;
  const [first] = reads;
  throw first.status === 'rejected' ? first.reason : new PullFailure('secret-unavailable', 'no version was found');
}
