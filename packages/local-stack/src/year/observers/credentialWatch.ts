import { defaultTokenName, mainSecretName } from '@connected-registry/protocol/names/names';
import { newest } from '@connected-registry/azure-simulator/keyvault/vaultState';
import type { ControlPlane } from '@connected-registry/azure-simulator/controlPlane';
import type { StoredPassword } from '@connected-registry/azure-simulator/state/registryState';
import type { PlannedClient } from '../fleet.js';
import type { Verdict } from './verdict.js';

/** A change of a client's credentials since the last check. */
export type Change =
  | { readonly kind: 'generated'; readonly slot: string; readonly expires: number }
  | { readonly kind: 'cleared'; readonly slot: string }
  | { readonly kind: 'promoted'; readonly slot: string; readonly expires: number };

interface Seen {
  readonly passwords: ReadonlyMap<string, string>;
  readonly mainVersion: string | undefined;
}

/** Names of a client's resources in Azure. */
export interface ClientNames {
  readonly token: string;
  readonly secret: string;
}

export function namesOf(registry: string, { name, registry: { name: connectedRegistry } }: PlannedClient): ClientNames {
  const reference = { registry, connectedRegistry, client: name };
  return { token: defaultTokenName(reference), secret: mainSecretName(reference) };
}

/**
 * Checks a client's passwords and secret directly in the Azure simulator's state, because an answer to the app may have
 * been lost. Verifies the rules at every check.
 */
export class CredentialWatch {
  readonly #seen = new Map<string, Seen>();

  constructor(
    private readonly plane: Pick<ControlPlane['plane'], 'arm' | 'vault' | 'clock'>,
    private readonly registry: string,
    private readonly verdict: Verdict,
  ) {}

  look(client: PlannedClient): Change[] {
    const { token, secret } = namesOf(this.registry, client);
    const passwords = this.plane.arm.registries.get(this.registry)?.tokens.get(token)?.passwords ?? [];
    const stored = this.plane.vault.secrets.get(secret);
    const main = stored && newest(stored);
    const before = this.#seen.get(client.name);
    const now: Seen = {
      passwords: new Map(passwords.map(({ name, creationTime }) => [name, creationTime])),
      mainVersion: main?.version,
    };
    this.#seen.set(client.name, now);

    const changes: Change[] = [];
    for (const { name, creationTime, expiry } of passwords)
      if (before?.passwords.get(name) !== creationTime)
        changes.push({ kind: 'generated', slot: name, expires: expiresAt(expiry) });
    for (const slot of before?.passwords.keys() ?? [])
      if (!now.passwords.has(slot)) changes.push({ kind: 'cleared', slot });
    const slot = main?.tags['slot'] ?? '';
    if (main && before?.mainVersion !== main.version)
      changes.push({ kind: 'promoted', slot, expires: (main.expires ?? Number.POSITIVE_INFINITY) * 1000 });

    this.#judge(client, passwords, main && { slot, enabled: main.enabled, issued: main.tags['issued'] ?? '' });
    return changes;
  }

  #judge(
    client: PlannedClient,
    passwords: readonly StoredPassword[],
    main: { slot: string; enabled: boolean; issued: string } | undefined,
  ): void {
    const now = this.plane.clock.now().getTime();
    const live = passwords.filter(({ expiry }) => expiresAt(expiry) > now);
    if (live.length > 2) this.verdict.against('live', client.name, `${live.length} live passwords`);
    if (!main) return;
    const [, , createdAt = ''] = main.issued.split(' ');
    const named = live.find(({ name }) => name === main.slot);
    const isThat = named && Date.parse(named.creationTime) === Date.parse(createdAt);
    if (!main.enabled || !isThat)
      this.verdict.against('main', client.name, `its main secret is of ${main.slot}, made ${createdAt}: not live`);
  }
}

const expiresAt = (expiry: string | undefined): number =>
  expiry === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiry);
