import type { RowReason } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { RowChange, RowStatus } from './row.js';

/**
 * Maximum bytes of the reasons that the rows of one piece keep. Its rows and their statuses share 1 MiB
 * (MAX_PIECE_BYTES); what refuses hundreds of rows mostly has the same few reasons.
 */
export const MAX_REASON_BYTES = 60_000;

/** Maximum bytes of one reason, and of those of one row, unless it is the only one that explains some codes. */
const MAX_ROW_BYTES = 2_000;
/** Of these, what the reason takes that counts the others. */
const COUNT_BYTES = 250;

/** Bytes that a message keeps at least. */
const LEAST_MESSAGE = 400;
/** In place of a fix that is too long. A command is never cut, since its beginning may do something else. */
const LONG_FIX = 'The fix is too long to be listed here: a dry run of this client alone has it.';

/** How a row was planned, with the problems that it would meet. */
export interface DryRunRow extends RowChange {
  readonly problems: readonly RowReason[];
}

/**
 * Adds message and fix of the problems to refused rows: to as many as have room, and to at least one for each code.
 * @param rows of the whole piece, as they stand
 */
export function withReasons(rows: readonly RowStatus[], planned: readonly DryRunRow[]): RowChange[] {
  const before = rows.flatMap(({ reasons }) => (reasons === undefined ? [] : reasons));
  const explained = new Set(before.map(({ code }) => code));
  let used = totalOf(before);
  return planned.map(({ index, status, problems }) => {
    const isNew = problems.some(({ code }) => !explained.has(code));
    const reasons = status.state === 'failed' ? fitting(problems.map(shortened), explained) : [];
    const bytes = totalOf(reasons);
    if (reasons.length === 0 || (!isNew && used + bytes > MAX_REASON_BYTES)) return { index, status };
    used += bytes;
    for (const { code } of reasons) explained.add(code);
    return { index, status: { ...status, reasons } };
  });
}

/**
 * The problems that have room in one row, the first and those of codes without an explanation in any case, and how many
 * others there are.
 */
function fitting(problems: readonly RowReason[], explained: ReadonlySet<string>): RowReason[] {
  if (totalOf(problems) <= MAX_ROW_BYTES) return [...problems];
  const isNeeded = problems.map(
    ({ code }, at) => at === 0 || (!explained.has(code) && problems.findIndex((other) => other.code === code) === at),
  );
  let room = MAX_ROW_BYTES - COUNT_BYTES - totalOf(problems.filter((_, at) => isNeeded[at]));
  const isKept = problems.map((problem, at) => {
    if (isNeeded[at]) return true;
    room -= bytesOf(problem);
    return room >= 0;
  });
  const kept = problems.filter((_, at) => isKept[at]);
  const left = problems[isKept.indexOf(false)];
  return left === undefined ? kept : [...kept, countOf(left.code, problems.length - kept.length)];
}

/** @param count of reasons: one of them may itself stand for several problems */
function countOf(code: string, count: number): RowReason {
  return {
    code,
    message: count === 1 ? 'At least 1 more problem is not listed.' : `At least ${count} more problems are not listed.`,
    fix: 'Fix the problems above first. A dry run of this client alone lists all of them.',
  };
}

/** A reason of at most MAX_ROW_BYTES. */
function shortened(reason: RowReason): RowReason {
  if (bytesOf(reason) <= MAX_ROW_BYTES) return reason;
  const hasLongFix = bytesOf({ ...reason, message: '' }) + LEAST_MESSAGE > MAX_ROW_BYTES;
  const fixed = hasLongFix ? { ...reason, fix: LONG_FIX } : reason;
  return { ...fixed, message: cut(fixed.message, MAX_ROW_BYTES - bytesOf({ ...fixed, message: '' })) };
}

/** @param room bytes of the text in JSON */
function cut(text: string, room: number): string {
  if (inJson(text) <= room) return text;
  let left = room - inJson('…');
  let kept = '';
  for (const character of text) {
    left -= inJson(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Bytes of a text inside of JSON, without its quotes. */
function inJson(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function totalOf(reasons: readonly RowReason[]): number {
  return reasons.reduce((sum, reason) => sum + bytesOf(reason), 0);
}

function bytesOf(reason: RowReason): number {
  return Buffer.byteLength(JSON.stringify(reason));
}
