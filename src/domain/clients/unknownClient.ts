import type { Problem } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { clientName } from '../tokens/sharedToken.js';

/** Suggestions for a client that is unknown. */
export interface UnknownClient {
  /** Known clients with similar names; absent if they could not be looked up. */
  readonly near?: readonly ClientReference[];
}

/** Message and fix for an unknown client. */
export function unknownClientText(client: ClientReference, { near }: UnknownClient): { message: string; fix: string } {
  return {
    message: `Neither the client's record, the vault, a token's name nor the client list knows ${clientName(client)}.`,
    fix: near === undefined ? `${CORRECT} Similar names could not be looked up.` : `${CORRECT} ${named(near)}`,
  };
}

const CORRECT = 'Correct connectedRegistry and client; client is case-sensitive.';

function named(near: readonly ClientReference[]): string {
  return near.length === 0 ? 'No client has a similar name.' : `Similar names: ${near.map(clientName).join(', ')}.`;
}

/** The problem that a dry run reports for an unknown client. */
export function unknownProblem(client: ClientReference, unknown: UnknownClient): Problem {
  return { code: 'client-unknown', field: 'client', ...unknownClientText(client, unknown) };
}
