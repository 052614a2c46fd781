import {
  readersIn,
  type ClientRecord,
  type RecordedReaders,
  type Revocation,
} from '../../domain/clients/clientRecord.js';
import { revocationOf } from '../../domain/clients/revocationMarks.js';
import type { HeldToken } from '../../domain/tokens/heldToken.js';
import type { OrphanedToken } from '../../domain/tokens/orphanedToken.js';

/** Facts from a client's record that an onboarding needs. */
export interface RecordFacts {
  /** The revocation that the onboarding clears; absent when the client is not revoked. */
  readonly clears?: Revocation | undefined;
  /** Tokens that earlier runs of the client created and could not delete. */
  readonly orphaned?: readonly OrphanedToken[] | undefined;
  /** Tokens that the record says the client holds. */
  readonly held?: readonly HeldToken[] | undefined;
  /** Who may read the client's secrets. */
  readonly readers?: RecordedReaders | undefined;
}

/** Gives the facts for an onboarding that would be requested now, including clearing a revocation. */
export function recordFacts(record: ClientRecord): RecordFacts {
  const { orphaned, held } = record;
  return { clears: revocationOf(record), orphaned, held, readers: readersIn(record) };
}
