import type { IssuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import type { FieldError } from '@connected-registry/protocol/answers/problemDetails';
import { MAX_CLIENTS } from '@connected-registry/protocol/requests/clientsRequest';
import type { Api } from '../api/api.js';
import { problemLines, ProblemError } from '../api/problem.js';
import { routes } from '../api/routes.js';
import { CommandError } from '../program/commandError.js';
import { EXIT, type ExitCode } from '../program/exitCodes.js';
import { rowNumber, type EnrolRows } from './enrolRows.js';

export type IssuedPart = IssuedEnrolments['enrolments'][number];

/** Join tokens, and why there are not all. */
export interface IssuedTokens {
  readonly enrolments: readonly IssuedPart[];
  readonly stopped?: Stopped;
}

interface Stopped {
  readonly error: unknown;
  /** Index of the first row that is not among the tokens. */
  readonly from: number;
}

/**
 * Issues join tokens for all rows, as many at a time as the app takes. Tokens are shown once: once there are some, a
 * failure does not throw, and whoever called gets those that there are.
 *
 * @param keep is given all tokens so far after each request, so that none is lost if the program ends
 * @param again `crctl` with the flags by which the app was chosen
 * @throws {CommandError} if the first request fails
 */
export async function issueTokens(
  api: Api,
  given: EnrolRows,
  keep: (enrolments: readonly IssuedPart[]) => void,
  again: string,
): Promise<IssuedTokens> {
  const { rows, head } = given;
  let enrolments: readonly IssuedPart[] = [];
  let from = 0;
  // Also without a row: the app says what is wrong with such a list.
  do {
    try {
      const clients = rows.slice(from, from + MAX_CLIENTS);
      const answer = await routes.enrol(api, { fromFile: { clients, ...head } });
      const all = [...enrolments, ...answer.enrolments];
      keep(all);
      enrolments = all;
    } catch (error) {
      const placed = inTheFile(error, given, from, again);
      if (enrolments.length === 0) throw placed;
      return { enrolments, stopped: { error: placed, from } };
    }
    from += MAX_CLIENTS;
  } while (from < rows.length);
  return { enrolments };
}

/**
 * Why not all rows have a token, which have one, and what to do about the others.
 * @param enrolments of the requests before
 */
export function stoppedLines(
  { error, from }: Stopped,
  enrolments: readonly IssuedPart[],
  given: EnrolRows,
  interrupted: AbortSignal,
): string[] {
  const number = (index: number): number => rowNumber(given, index);
  const end = given.rows.length;
  const why = interrupted.aborted
    ? ['Interrupted. Whether the last request arrived is unknown.']
    : error instanceof CommandError
      ? [error.message, ...error.details]
      : [error instanceof Error ? error.message : 'The reason is unknown.'];
  const issued = enrolments.filter(({ joinToken }) => joinToken !== undefined).length;
  const [before, first] = [`${number(0)} to ${number(from - 1)}`, number(from)];
  const isAll = issued === enrolments.length;
  // Any other end than a refusal may have come after the app had issued tokens.
  const isRefused = !interrupted.aborted && error instanceof CommandError && REFUSALS.includes(error.code);
  const without = isRefused ? from : Math.min(from + MAX_CLIENTS, end);
  return [
    ...why,
    [
      isAll
        ? `Rows ${before} have join tokens, which stay valid.`
        : `Of rows ${before}, ${issued} have join tokens, which stay valid. The others are named above.`,
      ...(without > from ? [`Rows ${first} to ${number(without - 1)} may have tokens that nobody knows.`] : []),
      ...(without < end ? [`Rows ${number(without)} to ${number(end - 1)} have none.`] : []),
    ].join(' '),
    `Correct the cause, and enrol the rows from ${first} on${isAll ? '' : ' and the clients named above'} alone: a second token of a client ends its first.`,
  ];
}

const REFUSALS: readonly ExitCode[] = [EXIT.refused, EXIT.notFound];

/** The app's faults of rows, which it counts from the first of its request, by the rows of the file. */
function inTheFile(error: unknown, given: EnrolRows, from: number, again: string): unknown {
  if (!(error instanceof ProblemError) || (from === 0 && given.lines === undefined)) return error;
  const { errors, ...problem } = error.problem;
  if (errors === undefined || errors.some(({ row }) => row === undefined)) return error;
  const placed = errors.map(({ row = 1, field, ...fault }): FieldError => {
    const name = field.replace(/^clients\.\d+\.?/, '');
    return { ...fault, row: rowNumber(given, from + row - 1), field: name === '' ? 'row' : name };
  });
  // Without the detail of the app, which has the numbers of the request.
  return new CommandError(error.code, error.message, problemLines({ ...problem, errors: placed }, again));
}
