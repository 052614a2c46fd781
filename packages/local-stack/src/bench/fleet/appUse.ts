import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { peakMemory, processorSeconds } from './processUse.js';

/** What the app's processes have used since a measurement began. */
export interface AppUse {
  /** Reads of the state of instances and entities; undefined if they were not counted. */
  readonly storageReads: number | undefined;
  /** Seconds; undefined if the system does not report it. */
  readonly processorSeconds: number | undefined;
  /** Maximum resident memory in bytes, since they were started; undefined as above. */
  readonly memory: number | undefined;
}

const readsFile = (dataFolder: string): string => join(dataFolder, 'storage-reads');

/** Settings of the app's process, in which reads of storage are counted. @param modules further ones to load */
export function countingSettings(dataFolder: string, modules: readonly string[]): Record<string, string> {
  writeFileSync(readsFile(dataFolder), '0');
  return {
    ...preloads([...modules, 'local-stack/bench/fleet/countStorageReads.js']),
    STORAGE_READS_FILE: readsFile(dataFolder),
  };
}

/** Settings of a process that loads compiled modules before its program. */
export function preloads(modules: readonly string[]): Record<string, string> {
  return { NODE_OPTIONS: modules.map((name) => `--import ${pathToFileURL(compiled(name)).href}`).join(' ') };
}

/** Begins to measure. @param pids of the app's processes */
export function measureUse(dataFolder: string, pids: () => readonly number[]): () => AppUse {
  const [reads, seconds] = [readsUntilNow(dataFolder), processorSeconds(pids())];
  return () => {
    return {
      storageReads: difference(readsUntilNow(dataFolder), reads),
      processorSeconds: difference(processorSeconds(pids()), seconds),
      memory: peakMemory(pids()),
    };
  };
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : now - before;
}

/** As the app's process wrote it a moment ago; undefined if nobody counts. */
function readsUntilNow(dataFolder: string): number | undefined {
  try {
    return Number(readFileSync(readsFile(dataFolder), 'utf8'));
  } catch {
    return undefined;
  }
}
