import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { SharedToken } from '../../domain/revocation/enabledAccess.js';
import { passwordsOf } from '../../domain/tokens/sharedToken.js';
import type { ClientToken } from './clientAccess.js';
import type { OtherUser, TokenUsers } from './tokenUsers.js';

/** Other users of a token, with their credentials there. */
export interface SharedAccess extends SharedToken {
  readonly users: readonly OtherUser[];
}

/** Finds the other clients that use a client's token; undefined when there are none. @throws ServiceError */
export async function readSharedAccess(
  tokenUsers: TokenUsers,
  token: Pick<ClientToken, 'name' | 'ourPasswords'>,
  client: ClientReference,
): Promise<SharedAccess | undefined> {
  const users = await tokenUsers.others(token.name, client);
  if (users.length === 0) return undefined;
  const theirs = new Set(users.flatMap(({ tags }) => tags.flatMap(passwordsOf)));
  const isTheirs = (createdAt: string): boolean => theirs.has(new Date(createdAt).getTime());
  return {
    token: token.name,
    users,
    passwords: token.ourPasswords.filter((at) => !isTheirs(at)),
    inCommon: token.ourPasswords.filter(isTheirs),
  };
}
