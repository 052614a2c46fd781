import type { Problem } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { clientName } from '../tokens/sharedToken.js';

/** A client that nothing knows, and which one may have been meant. */
export interface UnknownClient {
  /** Known clients of like names; absent where they could not be looked up. */
  readonly near?: readonly ClientReference[];
}

/** What is said of an unknown client, and what to do, in words. */
export function aboutUnknown(client: ClientReference, { near }: UnknownClient): { message: string; fix: string } {
  const whom = clientName(client);
  return {
    message: `Neither the client's record, the vault, a token's name nor the client list knows ${whom}.`,
    fix: near === undefined ? `${CORRECT} Names like it could not be looked up.` : `${CORRECT} ${named(near)}`,
  };
}

const CORRECT = 'Correct connectedRegistry and client; case counts.';

function named(near: readonly ClientReference[]): string {
  return near.length === 0 ? 'No client has a name like it.' : `Names like it: ${near.map(clientName).join(', ')}.`;
}

/** In a dry run. */
export function unknownProblem(client: ClientReference, unknown: UnknownClient): Problem {
  return { code: 'client-unknown', field: 'client', ...aboutUnknown(client, unknown) };
}
