import type { Operation, Step } from '@connected-registry/protocol/answers/answers';
import { cut } from '../output/drawTable.js';
import type { Tone } from '../output/output.js';
import type { Paint } from '../output/paint.js';
import { plainLine } from '../output/plain.js';

const MARKS: Readonly<Record<Step['status'], readonly [mark: string, tone: Tone | undefined]>> = {
  running: ['>', 'strong'],
  waiting: ['.', 'faint'],
  completed: ['+', 'good'],
  failed: ['x', 'bad'],
};

const STATUS_TONES: Readonly<Record<Operation['status'], Tone>> = {
  running: 'strong',
  completed: 'good',
  rolledBack: 'bad',
  failed: 'bad',
};

/** Columns of a step's name: the longest of them, with a space. */
const NAME_COLUMNS = 24;

/** One operation as a timeline: a line for each step, with seconds since the start. */
export function timelineOf(operation: Operation, width: number | undefined, paint: Paint): string[] {
  const { id, kind, status, phase, startedAt, steps, failure } = operation;
  const start = new Date(startedAt).getTime();
  /** Cut to what is left of a line of the terminal, since one that it wraps would be drawn over the next time. */
  const fit = (text: string, taken = 0): string => (width === undefined ? text : cut(text, Math.max(1, width - taken)));
  const where = status === 'running' ? `, ${plainLine(phase)}` : '';
  const around = `${kind}   ${status}${where}`.length;
  return [
    `${paint(kind, 'strong')} ${fit(subjectOf(operation), around)}  ${paint(status, STATUS_TONES[status])}${where}`,
    paint(fit(`operation ${plainLine(id)}`), 'faint'),
    ...steps.map((step) => {
      const [mark, tone] = MARKS[step.status];
      const at = new Date(step.endedAt ?? step.startedAt).getTime();
      const seconds = Math.max(0, (at - start) / 1000).toFixed(2);
      const tries = step.attempts > 1 ? ` (attempt ${step.attempts})` : '';
      const message = step.message === undefined ? '' : plainLine(step.message);
      const line = fit(
        `${seconds.padStart(9)} s  ${mark} ${plainLine(step.name).padEnd(NAME_COLUMNS)}${message}${tries}`,
      );
      return paint(line.trimEnd(), tone);
    }),
    ...(failure ? [paint(fit(`${failure.code}: ${plainLine(failure.message)}`), 'bad')] : []),
  ];
}

/** The client of a run; a check is about many. */
export function subjectOf({ registry, connectedRegistry, client }: Partial<Operation>): string {
  return plainLine([registry, connectedRegistry, client].filter((part) => part !== undefined).join('/'));
}
