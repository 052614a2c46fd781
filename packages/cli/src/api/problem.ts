import {
  problemDetails,
  type FieldError,
  type ProblemDetails,
} from '@connected-registry/protocol/answers/problemDetails';
import { CommandError } from '../program/commandError.js';
import { EXIT, type ExitCode } from '../program/exitCodes.js';

/** An answer that is not a success. */
interface Refused {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly text: string;
  /** `crctl` with the flags by which the app was chosen, for lines that a person may type next. */
  readonly again: string;
}

/** A problem that the app answered, for those who know more about its rows than the app does. */
export class ProblemError extends CommandError {
  constructor(
    code: ExitCode,
    message: string,
    details: readonly string[],
    readonly problem: ProblemDetails,
  ) {
    super(code, message, details);
  }
}

/** Makes an error of a problem answer, with every reason and fix that it has. */
export async function readProblem({ method, path, status, text, again }: Refused): Promise<CommandError> {
  const problem = problemDetails.safeParse(parsed(text));
  if (problem.success) {
    const { title, detail } = problem.data;
    return new ProblemError(
      exitOf(status),
      `${title} (${status} ${problem.data.code})`,
      [detail, ...problemLines(problem.data, again)],
      problem.data,
    );
  }
  return new CommandError(exitOf(status), `${method} /api${path} was answered ${status}.`, adviceOf(status));
}

/** The exit code for the status of an answer. */
export function exitOf(status: number): ExitCode {
  if (status === 404 || status === 410) return EXIT.notFound;
  return status >= 400 && status < 500 && status !== 429 ? EXIT.refused : EXIT.failed;
}

/** An answer that is not the app's: the Functions host or the platform gave it. */
function adviceOf(status: number): string[] {
  switch (status) {
    case 401:
    case 403:
      return ['The key or the token is not an operator’s, or is no longer valid. `crctl contexts` shows what is used.'];
    case 404:
      return ['The address leads to no such route. Is it that of the app, in this version?'];
    case 413:
      return ['The request is too large.'];
    default:
      return status >= 500 ? ['Does the app start? Its log says why it does not.'] : [];
  }
}

/**
 * Every member of a problem beyond title and detail, as lines.
 * @param again `crctl` with the flags by which the app was chosen
 */
export function problemLines(problem: ProblemDetails, again: string): string[] {
  const { errors, errorCount, conflicts, near, running, current, rolloutStatus, operationStatus } = problem;
  const further = errors && errorCount !== undefined ? errorCount - errors.length : 0;
  return [
    ...(errors ?? []).flatMap(fieldLines),
    ...(further > 0 ? [`${further} more errors are not listed.`] : []),
    ...(conflicts ?? []).map(
      ({ row, registry, connectedRegistry, client, rollout }) =>
        `row ${row}: ${registry}/${connectedRegistry}/${client} is in rollout ${rollout}`,
    ),
    ...(near && near.length > 0
      ? ['Did you mean:', ...near.map((one) => `  ${one.registry}/${one.connectedRegistry}/${one.client}`)]
      : []),
    ...(running === undefined ? [] : [`In progress: ${again} ops watch ${running}`]),
    ...(current === undefined ? [] : [`Replaced by: ${again} ops show ${current}`]),
    ...(rolloutStatus === undefined ? [] : [`The rollout is ${rolloutStatus}.`]),
    ...(operationStatus === undefined ? [] : [`The operation ended as ${operationStatus}.`]),
  ];
}

/** Field, reason and fix of one error. */
export function fieldLines({ field, message, fix, row, column }: FieldError): string[] {
  const place = [
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(column === undefined || column === field ? [] : [`column ${column}`]),
    field,
  ].join(', ');
  return [`${place}: ${message}`, `  ${fix}`];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
