import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, randomOf, type OperationId } from '@connected-registry/protocol/names/operationId';
import { checkInstance } from '../../../../src/domain/check/checkRun.js';
import type { Run } from '../../../../src/domain/operations/run.js';
import type { RunProgress, Runs } from '../../../../src/ports/runs.js';
import { NO_RUNS } from './runs.js';

/** How a run ends, so many seconds after its start. */
export interface Ending extends RunProgress {
  readonly seconds: number;
}

/** A run that was started. */
export interface StartedRun {
  readonly client: string;
  readonly id: OperationId;
  readonly at: Date;
  readonly run: Run<object>;
  readonly ending: Ending;
}

/**
 * Runs of clients, one at a time for each, as the engine and the records of clients keep them. Needs fake timers.
 *
 * @param endingOf how the nth run of a client ends, from 1
 */
export function createClientRuns(endingOf: (client: string, nth: number, run: Run<object>) => Ending) {
  const started: StartedRun[] = [];
  const present = new Map<string, StartedRun>();
  const endOf = ({ at, ending }: StartedRun): RunProgress => {
    const { seconds, ...progress } = ending;
    return Date.now() - at.getTime() < seconds * 1000 ? { state: 'running' } : progress;
  };

  const begin = (instance: string, client: string, run: Run<object>) => {
    const nth = started.filter((one) => one.id.instance === instance).length + 1;
    const one = { client, id: { instance, run: run.run }, at: new Date(), run, ending: endingOf(client, nth, run) };
    started.push(one);
    present.set(instance, one);
    return { kind: 'running', id: formatOperationId(one.id), attached: false } as const;
  };
  const isOf = (one: StartedRun, id: OperationId) => formatOperationId(one.id) === formatOperationId(id);
  /** Of a run whose instance another one has taken, the record knows the end. */
  const known = (instance: string) => started.filter((one) => one.id.instance === instance);

  const runs: Runs = {
    ...NO_RUNS,
    start: async (_kind, run) => {
      const instance = clientKey(run.request);
      const other = present.get(instance);
      if (other && endOf(other).state === 'running')
        return { kind: 'conflict', id: formatOperationId(other.id), runningKind: 'onboard' };
      return begin(instance, run.request.client, run);
    },
    startCheck: async (run) => begin(checkInstance(run), `${run.request.clients?.length} clients`, run),
    progress: async (id) => {
      const found = known(id.instance).find((one) => isOf(one, id));
      return found ? endOf(found) : { state: 'unknown' };
    },
    find: async (key, random) => known(key).find(({ id }) => randomOf(id.run) === random)?.id,
    record: async () => ({}),
  };

  return {
    runs,
    started,
    /** Starts a run that is none of a rollout. */
    startSingly: (reference: ClientReference, run: string) =>
      begin(clientKey(reference), reference.client, { run, rollout: undefined } as unknown as Run<object>),
  };
}
