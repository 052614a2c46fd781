import type { DurableClient } from 'durable-functions';
import { CLOSED_STATUSES } from '../../domain/rollouts/control.js';
import { eachOf } from '../../queries/eachOf.js';
import type { ListedInstances } from './instancePages.js';
import { readRollout, rolloutInstances, type RolloutState } from './rollouts/rollouts.js';

/** Maximum rollouts that are shown. */
const MAX_SHOWN = 20;

/** The rollouts that have not ended. Those that have are not read again, so that a reading costs what is under way. */
export class OpenRollouts {
  readonly #closed = new Set<string>();

  /** The newest first. */
  async read(list: ListedInstances, client: DurableClient): Promise<RolloutState[]> {
    const instances = await rolloutInstances(list);
    const listed = new Set(instances.map(({ id }) => id));
    for (const id of this.#closed) if (!listed.has(id)) this.#closed.delete(id);
    const read = await eachOf(
      instances.filter(({ id, hasEnded }) => !(hasEnded && this.#closed.has(id))),
      ({ id }) => readRollout(client, id),
    );
    const found = read.filter((state) => state !== undefined);
    for (const state of found) if (state.hasEnded && isClosed(state)) this.#closed.add(state.plan.id);
    return found.filter((state) => !isClosed(state)).slice(0, MAX_SHOWN);
  }
}

function isClosed({ control }: RolloutState): boolean {
  return CLOSED_STATUSES.includes(control.status);
}
