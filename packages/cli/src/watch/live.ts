import type { TextSink } from '../program/world.js';

/** A part of a terminal that is drawn again and again. */
export interface Live {
  show(lines: readonly string[]): void;
  /** Leaves what was shown last. */
  done(): void;
}

/** Draws on a terminal; does nothing where there is none. */
export async function liveOn(sink: TextSink, isOn: boolean): Promise<Live> {
  if (!isOn) return { show: () => {}, done: () => {} };
  const { createLogUpdate } = await import('log-update');
  // Only a terminal of this process gets here, so it is a stream of Node's.
  const update = createLogUpdate(sink as NodeJS.WriteStream);
  return { show: (lines) => update(lines.join('\n')), done: () => update.done() };
}
