import type { ShownOperation, ShownStep } from './operations.js';
import type { Paint } from './paint.js';
import type { Replaced } from './quickstart.js';

/** Width of time, mark and name. */
const HEAD = 34;
/** Where the right column starts. */
const LEFT = 76;
const MIN_RIGHT = 40;

/** Prints each step of an operation as it progresses, with what it replaces beside it. */
export class Timeline {
  readonly #startedAt = Date.now();
  /** What has been printed of each step, by its position in the flow. */
  readonly #printed = new Map<number, string>();
  #undoing = false;

  constructor(
    private readonly print: (line: string) => void,
    private readonly paint: Paint,
    private readonly width: number,
    private readonly replaced: Readonly<Record<string, Replaced>> = {},
  ) {}

  /** Prints what is new since the last call. */
  show(operation: Pick<ShownOperation, 'steps'>): void {
    for (const [index, step] of operation.steps.entries()) {
      const news = `${step.status} ${step.message ?? ''}`;
      if (step.status === 'running' || this.#printed.get(index) === news) continue;
      this.#printed.set(index, news);
      this.#printStep(step);
    }
  }

  /** Prints something that was done outside an operation, as a completed step. */
  did(name: string, what: Replaced): void {
    const now = new Date().toISOString();
    this.#printStep({ name, status: 'completed', attempts: 1, startedAt: now, endedAt: now }, what);
  }

  #printStep(step: ShownStep, replaced = this.replaced[step.name]): void {
    const ended = step.status === 'completed';
    this.#undoing ||= step.status === 'failed';
    const tries = step.attempts > 1 ? ` (attempt ${step.attempts})` : '';
    const text = ended ? (replaced?.done ?? (this.#undoing ? 'undone' : 'done')) : (step.message ?? step.status);
    const mark = ended ? this.paint.good('+') : step.status === 'failed' ? this.paint.bad('x') : this.paint.faint('.');
    const at = step.endedAt === undefined ? Date.now() : Date.parse(step.endedAt);
    const left = `${this.#elapsed(at)}  ${mark} ${this.paint.strong(step.name.padEnd(HEAD - 14))} ${text}${tries}`;
    if (!ended || replaced?.byHand === undefined) return this.print(left);

    // Beside the step if the screen is wide enough, else below it.
    const room = this.width - LEFT - 2;
    const isBeside = room >= MIN_RIGHT;
    if (!isBeside) this.print(left);
    for (const [index, line] of wrap(replaced.byHand, isBeside ? room : this.width - 16).entries()) {
      const before = !isBeside
        ? ' '.repeat(12)
        : index > 0
          ? ' '.repeat(LEFT)
          : left + ' '.repeat(Math.max(1, LEFT - HEAD - text.length - tries.length));
      this.print(`${before}${this.paint.faint(`| ${line}`)}`);
    }
  }

  #elapsed(at: number): string {
    return `${(Math.max(0, at - this.#startedAt) / 1000).toFixed(2).padStart(7)} s`;
  }
}

/** Breaks a command at spaces. A word longer than `width` stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
