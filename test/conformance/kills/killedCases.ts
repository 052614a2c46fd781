/** The cases as they stand in the journal of a run, each to be run again with kills. */
import { createLog } from '@connected-registry/functions-host/log/log';
import type { LoadedApp } from '@connected-registry/functions-host/worker/app';
import { loadApp } from '@connected-registry/functions-host/worker/load';
import type { HubRecord } from '@connected-registry/functions-host/durable/hub/records';
import { casesOf, type CaseRecords } from './caseRecords.js';
import { endAfterKill, endAfterKillsEverywhere, finalsOf, type Final } from './life.js';

/** Orchestrators that mean to answer otherwise each time, so that no two runs agree. */
const fickle = new Set(['unstable']);

const silent = createLog({ rules: { default: 'None' }, sink: () => undefined });

interface Options {
  readonly appDir: string;
  /** Names of the cases that ran. */
  readonly names: readonly string[];
  /** What stands behind the name of a case in the ids of its instances. */
  readonly run: string;
  /** Puts placeholders where any two runs differ. */
  readonly normalise: (value: unknown) => unknown;
}

/** See the file's comment. */
export class KilledCases {
  readonly #app: LoadedApp;
  readonly #groups = new Map<string | undefined, CaseRecords[]>();
  readonly #normalise: (value: unknown) => unknown;

  private constructor(app: LoadedApp, records: readonly HubRecord[], { names, run, normalise }: Options) {
    this.#app = app;
    this.#normalise = normalise;
    for (const group of casesOf(records)) {
      const name = names.find((one) => group.id.startsWith(`${one}-${run}`));
      if (!fickle.has(name ?? '')) this.#groups.set(name, [...(this.#groups.get(name) ?? []), group]);
    }
  }

  static async of(records: readonly HubRecord[], options: Options): Promise<KilledCases> {
    return new KilledCases(await loadApp({ appDir: options.appDir, log: silent }), records, options);
  }

  /** What a case left; without a name, what no case has named. */
  groups(name: string | undefined): readonly CaseRecords[] {
    return this.#groups.get(name) ?? [];
  }

  /** How many cases have left something. */
  get count(): number {
    return this.#groups.size;
  }

  /** How it ended. */
  ended(group: CaseRecords): unknown {
    return this.#comparable(finalsOf(group));
  }

  async endedAfterKill(group: CaseRecords, count: number): Promise<unknown> {
    return this.#comparable(await endAfterKill(this.#app, group, count));
  }

  async endedAfterKillsEverywhere(group: CaseRecords): Promise<unknown> {
    return this.#comparable(await endAfterKillsEverywhere(this.#app, group));
  }

  #comparable(finals: Map<string, Final>): unknown {
    // Sorted without the ids that each run draws anew: sorted by these, two children would now and then change places.
    const clean = [...finals]
      .map((final) => this.#normalise(final))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    // A poll whose answer was lost is repeated, which the server of callHttp counts.
    return JSON.parse(JSON.stringify(clean).replace(/(polls\W+)\d+/g, '$1<count>')) as unknown;
  }
}
