import type { CredentialPromoted } from '../src/domain/pullCheckMessages.js';
import type { SecretVersion } from './secrets/vault.js';

/** Which secret version each client is to use, as far as the agent was told. */
export interface PromotedCredentials {
  /** Takes note; false when that version was the current one already. */
  promote: (promoted: CredentialPromoted) => boolean;
  current(client: string, connectedRegistry: string): SecretVersion | undefined;
  count(): number;
}

/** Remembers up to `most` clients; the one that was promoted longest ago is forgotten first. */
export function createPromotedCredentials(most: number): PromotedCredentials {
  const current = new Map<string, SecretVersion>();
  const keyOf = (client: string, connectedRegistry: string) => JSON.stringify([connectedRegistry, client]);
  return {
    promote({ client, connectedRegistry, secret }) {
      const key = keyOf(client, connectedRegistry);
      const before = current.get(key);
      current.delete(key);
      current.set(key, secret);
      const [oldest] = current.keys();
      if (current.size > most && oldest !== undefined) current.delete(oldest);
      return before?.name !== secret.name || before.version !== secret.version;
    },
    current: (client, connectedRegistry) => current.get(keyOf(client, connectedRegistry)),
    count: () => current.size,
  };
}
