import { caseTwinsOf, namesNotCompared } from '../../domain/clients/caseTwins.js';
import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { inTime } from '../inTime.js';
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
    const reading = readOrUnknown(tokenUsers);
    const known = await (within === undefined ? reading : inTime(reading, within, undefined));
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
