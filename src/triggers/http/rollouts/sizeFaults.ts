import { permissionsOf } from '@connected-registry/protocol/requests/onboardingRequest';
import type { RolloutHead } from '@connected-registry/protocol/requests/rolloutRequest';
import { MAX_PIECE_BYTES, PIECE_ROWS, piecesOf } from '../../../domain/rollouts/pieceState.js';
import type { RolloutRequest } from '../../../domain/rollouts/rollout.js';
import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';
import type { RowFaults } from './rowFaults.js';

/** Finds parts of a rollout that are too large to be stored, as rows with long lists of repositories are. */
export function checkSizes(requests: readonly RolloutRequest[], faults: RowFaults): void {
  for (let piece = 0; piece < piecesOf(requests.length); piece += 1) {
    const rows = requests.slice(piece * PIECE_ROWS, (piece + 1) * PIECE_ROWS);
    const bytes = Buffer.byteLength(JSON.stringify(rows));
    if (bytes <= MAX_PIECE_BYTES) continue;
    faults.add(piece * PIECE_ROWS, {
      field: 'body',
      message: `this row and the ${rows.length - 1} after it take ${bytes} bytes, and at most ${MAX_PIECE_BYTES} can be stored together`,
      fix: 'put long lists of repositories into a profile, or send fewer clients with long rows in one rollout',
    });
  }
}

/**
 * Finds repositories in `defaults` that are too large to be stored with each row that has none of its own. It needs no
 * look into rows: to parse long lists again for each of 10,000 rows would take minutes.
 * @param rows as they were sent
 */
export function defaultsFault(
  { repositories }: NonNullable<RolloutHead['defaults']>,
  rows: readonly unknown[],
): FieldError | undefined {
  if (repositories === undefined) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify(permissionsOf(repositories)));
  for (let piece = 0; piece < piecesOf(rows.length); piece += 1) {
    const users = rows
      .slice(piece * PIECE_ROWS, (piece + 1) * PIECE_ROWS)
      .filter((row) => !hasRepositories(row)).length;
    if (users * bytes <= MAX_PIECE_BYTES) continue;
    return {
      field: 'defaults.repositories',
      message: `take ${users * bytes} bytes in ${users} clients that name none, and at most ${MAX_PIECE_BYTES} can be stored together`,
      fix: 'Name fewer repositories, or wildcards such as samples/*; or send fewer clients in one rollout.',
    };
  }
  return undefined;
}

function hasRepositories(row: unknown): boolean {
  return typeof row === 'object' && row !== null && 'repositories' in row;
}
