import type { Operation } from '@connected-registry/protocol/answers/answers';
import { routes } from '../api/routes.js';
import type { Api } from '../api/api.js';
import { paintFor } from '../output/paint.js';
import { plainJson } from '../output/plain.js';
import { widthOf } from '../output/render.js';
import { tableOf } from '../output/output.js';
import { drawTable } from '../output/drawTable.js';
import { OPERATION_COLUMNS } from '../views/operationColumns.js';
import type { TextSink } from '../program/world.js';
import { repeat, type Waiting } from './deadline.js';
import { liveOn } from './live.js';
import { timelineOf } from '../views/timeline.js';

/** Milliseconds between two reads of one operation. */
const POLL = 1000;
/** And so much longer for each further one, so that a hundred do not keep the app busy. */
const POLL_EACH = 50;
const AT_ONCE = 8;

/** Where progress goes. */
export interface Progress {
  readonly sink: TextSink;
  /** `lines`: one line of JSON for each change of an operation. */
  readonly as: 'drawing' | 'lines' | 'nothing';
}

/**
 * Waits until operations have ended, and shows their progress.
 * @returns them in the order of `ids`
 */
export async function watchOperations(
  api: Api,
  ids: readonly string[],
  waiting: Waiting,
  progress: Progress,
): Promise<Operation[]> {
  const { sink, as } = progress;
  const seen = new Map<string, Operation>();
  const live = await liveOn(sink, as === 'drawing');
  const paint = paintFor(sink, waiting.world, false);
  const draw = (): void => {
    const operations = ids.flatMap((id) => seen.get(id) ?? []);
    const [only] = operations;
    const width = widthOf(sink);
    live.show(
      ids.length === 1 && only
        ? timelineOf(only, width, paint)
        : drawTable(tableOf(operations, OPERATION_COLUMNS), { width, headers: true, paint }),
    );
  };
  const look = async (id: string): Promise<void> => {
    const before = seen.get(id);
    if (before && before.status !== 'running') return;
    const operation = await routes.operation(api, id);
    seen.set(id, operation);
    if (as === 'lines' && JSON.stringify(before) !== JSON.stringify(operation))
      sink.write(`${plainJson(operation, 0)}\n`);
  };
  try {
    return await repeat(waiting, POLL + POLL_EACH * ids.length, async () => {
      for (let from = 0; from < ids.length; from += AT_ONCE)
        await Promise.all(ids.slice(from, from + AT_ONCE).map(look));
      draw();
      const operations = ids.flatMap((id) => seen.get(id) ?? []);
      return operations.some(({ status }) => status === 'running') ? undefined : operations;
    });
  } finally {
    live.done();
  }
}
