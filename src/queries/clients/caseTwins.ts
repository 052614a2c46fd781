import { caseTwinsOf, namesNotCompared } from '../../domain/clients/caseTwins.js';
import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { SHOWN_FOR, type TokenUsers } from './tokenUsers.js';

/**
 * Warns where other clients have the name of this one in another case, as of a minute ago.
 * @param within milliseconds that reading the vault's listing may take; by default as long as it takes.
 */
export type FindCaseTwins = (client: ClientReference, within?: number) => Promise<readonly CheckWarning[]>;

/** What cannot be read, or not in time, is unknown, and keeps nobody from being answered. */
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
