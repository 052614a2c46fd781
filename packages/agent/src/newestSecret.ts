import { PullFailure } from './pullFailure.js';
import type { SecretReader, SecretValue } from './secrets/vault.js';

/**
 * Reads the newest version of a main secret. Just after a promotion, a replica of the vault may still return the
 * previous version, and a repeated promotion may name a version that has been replaced. The version that was created
 * last wins.
 * @param promoted versions that messages have named
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
