const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS = [
  ['d', DAY],
  ['h', HOUR],
  ['min', MINUTE],
  ['s', SECOND],
] as const;

/**
 * A span in its largest unit, and the next one where that says something: `3 d 4 h`, `12 d`, `1 h 5 min`, `5 min`, `42
 * s`.
 */
export function span(milliseconds: number): string {
  const total = Math.max(0, milliseconds);
  for (const [index, [unit, size]] of UNITS.entries()) {
    const count = Math.floor(total / size);
    if (count === 0 && unit !== 's') continue;
    const next = UNITS[index + 1];
    const rest = next === undefined ? 0 : Math.floor((total - count * size) / next[1]);
    return next !== undefined && next[0] !== 's' && rest > 0 && count < 10
      ? `${count} ${unit} ${rest} ${next[0]}`
      : `${count} ${unit}`;
  }
  return '0 s';
}

/** As {@link span}, to the second up to an hour, and finer for what is over at once: `42 ms`, `3.4 s`, `4 min 15 s`. */
export function shortSpan(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10 * SECOND) return `${(milliseconds / SECOND).toFixed(1)} s`;
  const seconds = Math.floor((milliseconds % MINUTE) / SECOND);
  const isExact = milliseconds >= MINUTE && milliseconds < HOUR && seconds > 0;
  return isExact ? `${span(milliseconds)} ${seconds} s` : span(milliseconds);
}

/** `in 3 d`, `5 min ago`, `now`. @param at and `now` in milliseconds */
export function fromNow(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < SECOND) return 'now';
  return distance > 0 ? `in ${span(distance)}` : `${span(-distance)} ago`;
}

/** `2026-03-01 12:05 UTC`; the text itself if it is no instant. */
export function absolute(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return instant;
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
