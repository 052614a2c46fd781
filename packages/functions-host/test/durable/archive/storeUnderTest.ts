/**
 * A data folder of the durable engine, with its journal and its archive, which a test opens, copies, damages and opens
 * again.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { Checkpoints } from '../../../src/durable/engine/checkpoints.js';
import type { ArchiverLimits } from '../../../src/durable/engine/archiver.js';
import { TaskHub } from '../../../src/durable/hub/hub.js';
import { storedInstance } from '../../../src/durable/hub/instance.js';
import type { HubRecord } from '../../../src/durable/hub/records.js';
import { idOf } from '../../../src/durable/hub/sortedIds.js';
import { FileArchive } from '../../../src/store/archive.js';
import { openFileJournal } from '../../../src/store/fileJournal.js';
import type { Journal } from '../../../src/store/journal.js';
import { EngineUnderTest, type TestApp } from '../engineUnderTest.js';

/** Everything that has ended is archived, two at a time, and files are replaced as soon as half of one is unused. */
export const eager: ArchiverLimits = { recent: 0, atATime: 1, copied: 500, smallest: 0 };

/** Bytes from which the archive begins a new file: a few instances. */
const segmentLength = 2000;

/** What is open of a data folder. */
export interface OpenStore {
  readonly hub: TaskHub;
  readonly journal: Journal;
  readonly archive: FileArchive;
  /** Number of the last record that was read. */
  readonly last: number;
  close(): Promise<void>;
}

export async function openStore(folder: string): Promise<OpenStore> {
  const archive = new FileArchive(folder, { segmentLength });
  const hub = new TaskHub(archive);
  let last = 0;
  const journal = await openFileJournal(folder, (payload, seq) => {
    hub.apply(JSON.parse(payload) as HubRecord, seq);
    last = seq;
  });
  const close = async (): Promise<void> => {
    await archive.close();
    await journal.close();
  };
  try {
    await archive.open(hub.archived.places());
  } catch (error) {
    await close();
    throw error;
  }
  return { hub, journal, archive, last, close };
}

/** Everything persistent of a hub, wherever it is, comparable. */
export function contents(hub: TaskHub): unknown {
  return hub.ids.all().map((item) => {
    const id = idOf(item);
    const instance = hub.find(id);
    return instance === undefined
      ? { id, missing: true }
      : (JSON.parse(JSON.stringify(storedInstance(instance))) as unknown);
  });
}

/** Lets the events of the disk come. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** An engine over a data folder. */
export class EngineOnDisk extends EngineUnderTest {
  private constructor(
    app: TestApp,
    readonly store: OpenStore,
    limits: ArchiverLimits,
  ) {
    super(app, { ...store, archiverLimits: limits });
  }

  static async open(folder: string, app: TestApp, limits: ArchiverLimits = eager): Promise<EngineOnDisk> {
    return new EngineOnDisk(app, await openStore(folder), limits);
  }

  /** Waits until an instance is in the archive. */
  async untilArchived(...ids: readonly string[]): Promise<void> {
    while (ids.some((id) => this.hub.archived.get(id) === undefined)) await this.goOn();
  }

  /** Waits for something that the engine does sooner or later. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.goOn();
  }

  async goOn(): Promise<void> {
    await this.advance(1000);
    await pause();
  }

  /** Writes a checkpoint, whatever the journal's length. */
  async checkpoint(): Promise<void> {
    const fail = (error: Error): never => {
      throw error;
    };
    const checkpoints = new Checkpoints(this.hub, this.store.journal, fail, 1);
    checkpoints.look();
    await checkpoints.stop();
  }

  async close(): Promise<void> {
    await this.engine.stop();
    await this.store.close();
  }
}

/** Bytes of the archive's files. */
export function archiveBytes(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name.startsWith('archive-'))
    .reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

/** Short orchestrations: each takes an activity, a child, an event or a failure. */
export function shortApp(): TestApp {
  const failures = new Map<unknown, number>();
  return {
    activities: {
      say: (name) => `hello ${String(name)}`,
      failsOnce: (key) => {
        const count = (failures.get(key) ?? 0) + 1;
        failures.set(key, count);
        if (count === 1) throw new Error('the first time');
        return 'the second time';
      },
    },
    entities: {
      Counter({ df }) {
        const next = (df.getState(() => 0) as number) + 1;
        df.setState(next);
        df.return(next);
      },
    },
    orchestrators: {
      *says({ df }) {
        df.setCustomStatus({ saying: df.getInput() });
        return yield df.callActivity('say', df.getInput());
      },
      *fails({ df }) {
        return yield df.callActivity('failsOnce', df.instanceId);
      },
      *parent({ df }) {
        const child = yield df.callSubOrchestrator('fails', null, `${df.instanceId}-child`);
        return { child };
      },
      *waits({ df }) {
        return yield df.waitForExternalEvent('go');
      },
      *throws() {
        throw new Error('at once');
      },
      *counts({ df }) {
        return yield df.callEntity({ name: 'Counter', key: 'k' }, 'add');
      },
    },
  };
}
