import { caseTwinsOf, namesNotCompared } from '../../domain/clients/caseTwins.js';
import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { SHOWN_FOR, type TokenUsers } from './tokenUsers.js';

/**
 * Warns when other clients have this client's name in another case, by a listing that may be a minute old.
 *
 * @param within maximum milliseconds to wait for the vault's listing; without it there is no limit.
 */
export type FindCaseTwins = (client: ClientReference, within?: number) => Promise<readonly CheckWarning[]>;

/** A listing that cannot be read in time gives no warnings: the caller is answered without them. */
export function createFindCaseTwins(tokenUsers: Pick<TokenUsers, 'clients'>): FindCaseTwins {
  return async (client, within) => {
    const known = await inTime(readOrUnknown(tokenUsers), within);
    return known ? caseTwinsOf([client], known) : [namesNotCompared(client)];
  };
}

async function readOrUnknown(tokenUsers: Pick<TokenUsers, 'clients'>): Promise<readonly ClientReference[] | undefined> {
  try {
    return await tokenUsers.clients(SHOWN_FOR);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

async function inTime<T>(work: Promise<T>, within: number | undefined): Promise<T | undefined> {
  if (within === undefined) return work;
  let overdue: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    overdue = setTimeout(() => resolve(undefined), within);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(overdue);
  }
}
