import type { Problem } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { SLOT_NAMES, type Slots } from '@connected-registry/protocol/registry/slots';

/** A client's name in texts. */
export function clientName({ connectedRegistry, client }: ClientReference): string {
  return `${client} of ${connectedRegistry}`;
}

const MAX_NAMED = 3;

/** The names of up to three clients, and the number of others. */
export function clientNames(clients: readonly ClientReference[]): string {
  const named = clients.slice(0, MAX_NAMED).map(clientName).join(', ');
  return clients.length > MAX_NAMED ? `${named} and ${clients.length - MAX_NAMED} more` : named;
}

/** Why a token that other clients use is refused. */
export function tokenOfAnother(token: string, others: readonly ClientReference[]): string {
  return `token ${token} is used by another client: ${clientNames(others)}`;
}

/** The fix for a request that names another client's token. */
const OWN_NAME = 'Omit the field token, so that the client gets its own token, or choose another name.';

/**
 * The problem for a request that names another client's token. Clients must not share tokens: revoking one would revoke
 * both.
 */
export function ofAnotherClient(token: string, others: readonly ClientReference[], fix = OWN_NAME): Problem {
  const message = `${tokenOfAnother(token, others)}.`.replace(/^t/, 'T');
  return { code: 'token-of-another-client', field: 'token', message, fix };
}

/** What an operation kept of a token that other clients use too. */
export function keptForOthers(token: string, others: readonly ClientReference[]): string {
  return `token ${token}: kept, because ${clientNames(others)} uses it too; only this client's own passwords were cleared`;
}

/** Why a client's password stays in a token's slot. */
export function inCommonWith(token: string, others: readonly ClientReference[]): string {
  return `token ${token}: ${clientNames(others)} has the same password, which works until that client is onboarded with its own token and this client is offboarded`;
}

/**
 * Whether another client may use a client's token: its name was chosen by somebody, or it holds a password that none of
 * the client's secrets names. If not, other clients' secrets need not be searched.
 * @param known tags of the client's own secrets
 */
export function mayBeShared(
  token: { readonly name: string; readonly slots: Slots },
  client: ClientReference,
  known: readonly CredentialTags[],
): boolean {
  if (!sameName(token.name, defaultTokenName(client))) return true;
  const ours = new Set(known.flatMap(passwordsOf));
  return SLOT_NAMES.some((slot) => {
    const { createdAt } = token.slots[slot] ?? {};
    return createdAt !== undefined && !ours.has(new Date(createdAt).getTime());
  });
}

/** Creation times, in milliseconds, of the passwords that a secret's tags name. */
export function passwordsOf({ issued, revokeOld }: CredentialTags): number[] {
  return [issued.slotCreatedAt, ...(revokeOld ? [revokeOld.createdAt] : [])].map((at) => new Date(at).getTime());
}
