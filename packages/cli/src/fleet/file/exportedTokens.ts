import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ClientFacts } from '../world/clientFacts.js';

const mayName = onboardingRow.shape.token;

type HasToken = Pick<ClientFacts, 'reference' | 'token' | 'differences'>;

/**
 * Which clients of an exported file name their tokens. The reader of a file refuses a token that two of its clients
 * have, by name or by default, but clients may share one. What a file does not name stays as it is, so all but one of
 * them leave it out. A client that leaves it out has its default name for the reader, so a client that has this token
 * must leave it out as well. A client whose token is known to be shared leaves it out, too: a plan gives it a token of
 * its own, and the app refuses requests that name the shared one.
 *
 * @returns those that name theirs
 */
export function namingTokens<Client extends HasToken>(clients: readonly Client[]): ReadonlySet<Client> {
  const naming = new Set(
    clients.filter(
      ({ reference, token, differences }) =>
        !differences.includes('token-shared') &&
        !sameName(token, defaultTokenName(reference)) &&
        mayName.safeParse(token).success,
    ),
  );
  const holders = new Map<string, Client>();
  for (const first of clients) {
    let client: Client | undefined = first;
    while (client !== undefined) {
      const key = keyOf(client, naming.has(client));
      const holder = holders.get(key);
      // A default name is that of one client, which has no other name to take: the one that names it yields.
      const yielding: Client | undefined = holder !== undefined && naming.has(client) ? client : holder;
      if (yielding !== client) holders.set(key, client);
      // Each step takes a client out, so this ends.
      client = yielding !== undefined && naming.delete(yielding) ? yielding : undefined;
    }
  }
  return naming;
}

/** The token that the reader of the file takes it to have. */
function keyOf({ reference, token }: Pick<HasToken, 'reference' | 'token'>, isNamed: boolean): string {
  return `${reference.registry}/${isNamed ? token : defaultTokenName(reference)}`.toLowerCase();
}
