import type { SecretReader, SecretValue } from '../../secrets/vault.js';

/** Maximum secrets that are kept: a candidate and a promoted one, and those before them. */
const MAX_KEPT = 4;

/** Secrets that came with messages, in memory only. Whatever else is read comes from another source. */
export class DeliveredSecrets {
  readonly #kept = new Map<string, SecretValue>();

  keep(secret: SecretValue): void {
    this.#kept.delete(keyOf(secret));
    this.#kept.set(keyOf(secret), secret);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** @param others reads versions that did not come with a message, and the newest one */
  before(others: SecretReader): SecretReader {
    return {
      read: async (name, version, signal) => {
        const found = version === undefined ? undefined : this.#kept.get(keyOf({ name, version }));
        return found ? { ...found, name } : others.read(name, version, signal);
      },
    };
  }
}

/** Names in a vault ignore case. */
function keyOf({ name, version }: Pick<SecretValue, 'name' | 'version'>): string {
  return `${name.toLowerCase()}/${version}`;
}
