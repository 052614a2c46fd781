import { eachOf } from '../eachOf.js';
import type { ReadVaults } from './allVaults.js';
import { clientSecret, type ClientSecret } from './knownClients.js';

/** Maximum clients of one reading that are read a second time before a difference is reported. */
const MAX_SECOND_LOOKS = 100;

/** Where a main secret is: its name alone may be in several vaults. */
type SecretPlace = Pick<ClientSecret, 'name' | 'vaultHost'>;

/** How clients are read a second time. */
interface SecondLook<Client> {
  readonly isSuspect: (client: Client) => boolean;
  readonly placeOf: (client: Client) => SecretPlace;
  /** Reads the suspects again; one that is gone by then is left out. */
  readonly readAgain: (suspects: readonly Client[]) => Promise<readonly Client[]>;
}

/**
 * Replaces clients that seem wrong by a second reading, because vault and ARM are not read at the same instant, and a
 * run may have changed a client in between. A client that is gone by then was offboarded in the meantime, and is left
 * out.
 */
export async function secondLook<Client>(
  found: readonly Client[],
  { isSuspect, placeOf, readAgain }: SecondLook<Client>,
): Promise<readonly Client[]> {
  const suspects = new Set(found.filter(isSuspect).slice(0, MAX_SECOND_LOOKS));
  if (suspects.size === 0) return found;
  const again = await readAgain([...suspects]);
  const byPlace = new Map(again.map((client) => [placeText(placeOf(client)), client]));
  return found.flatMap((client) => (suspects.has(client) ? (byPlace.get(placeText(placeOf(client))) ?? []) : [client]));
}

/** The newest versions of main secrets, without those that are gone. @throws ServiceError */
export async function newestSecrets(vaults: ReadVaults, places: readonly SecretPlace[]): Promise<ClientSecret[]> {
  const found = await eachOf(places, async ({ name, vaultHost }) => {
    const listing = await vaults.of(vaultHost).newest(name);
    return listing && clientSecret({ ...listing, vaultHost });
  });
  return found.filter((secret) => secret !== undefined);
}

/** A secret's place as a key of a map. */
export function placeText({ name, vaultHost }: SecretPlace): string {
  return `${vaultHost} ${name}`;
}
