import type { Problem } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { SLOT_NAMES, type Slots } from '@connected-registry/protocol/registry/slots';

/** How a client is named in a text. */
export function clientName({ connectedRegistry, client }: ClientReference): string {
  return `${client} of ${connectedRegistry}`;
}

const MAX_NAMED = 3;

/** Names some clients, and counts the others. */
export function clientNames(clients: readonly ClientReference[]): string {
  const named = clients.slice(0, MAX_NAMED).map(clientName).join(', ');
  return clients.length > MAX_NAMED ? `${named} and ${clients.length - MAX_NAMED} more` : named;
}

/** Why a token is refused that other clients use. */
export function tokenOfAnother(token: string, others: readonly ClientReference[]): string {
  return `token ${token} is used by another client: ${clientNames(others)}`;
}

/** The fix for whoever named a token that is another's. */
const OWN_NAME = 'Leave the field token out, so that the client gets a token of its own, or choose another name.';

/** Two clients with one token: cutting one off would cut off the other, so that nobody may do it. */
export function ofAnotherClient(token: string, others: readonly ClientReference[], fix = OWN_NAME): Problem {
  const message = `${tokenOfAnother(token, others)}.`.replace(/^t/, 'T');
  return { code: 'token-of-another-client', field: 'token', message, fix };
}

/** What was left alone of a token that others use too. */
export function keptForOthers(token: string, others: readonly ClientReference[]): string {
  return `token ${token}: ${clientNames(others)} uses it too; it stays as it is, but for passwords that this client alone has`;
}

/** Why a client's password stays in a token's slot. */
export function inCommonWith(token: string, others: readonly ClientReference[]): string {
  return `token ${token}: ${clientNames(others)} has the same password; it works until that client is onboarded with a token of its own and this one is offboarded`;
}

/**
 * Whether another client may have access by a client's token: it has a name that somebody chose, or holds a password that
 * none of the client's secrets tells of. Else the token is the client's alone, and nobody's secrets need be looked through.
 * @param known what the client's own secrets tell.
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

/** When the passwords were made that a secret's tags tell of, in milliseconds. */
export function passwordsOf({ issued, revokeOld }: CredentialTags): number[] {
  return [issued.slotCreatedAt, ...(revokeOld ? [revokeOld.createdAt] : [])].map((at) => new Date(at).getTime());
}
