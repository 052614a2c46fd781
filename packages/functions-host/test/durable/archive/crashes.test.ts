import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { TaskHub } from '../../../src/durable/hub/hub.js';
import type { HubRecord } from '../../../src/durable/hub/records.js';
import { decodeFrame, headerLength } from '../../../src/store/frame.js';
import { EngineOnDisk, contents, eager, openStore, shortApp } from './storeUnderTest.js';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'crashes-'));
  folder = path.join(root, 'state');
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

/** A copy of the data folder as a killed process leaves it. */
function copied(name: string): string {
  const copy = path.join(root, name);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  for (const file of readdirSync(folder)) if (file !== 'lock') cpSync(path.join(folder, file), path.join(copy, file));
  return copy;
}

/** What a host finds in a folder, and the number of the last record. */
async function found(data: string): Promise<{ found: unknown; last: number }> {
  const store = await openStore(data);
  try {
    return { found: contents(store.hub), last: store.last };
  } finally {
    await store.close();
  }
}

/** Files of a kind, oldest first. */
const filesOf = (data: string, kind: 'journal' | 'archive'): string[] =>
  readdirSync(data)
    .filter((name) => name.startsWith(`${kind}-`))
    .toSorted()
    .map((name) => path.join(data, name));

/** The records of a journal's file, each with the place of its end. */
function framesOf(file: string): { record: HubRecord; end: number }[] {
  const bytes = readFileSync(file);
  const frames: { record: HubRecord; end: number }[] = [];
  for (let offset = 0; ;) {
    const frame = decodeFrame(bytes, offset);
    if (typeof frame === 'string') return frames;
    offset += frame.length;
    if (frame.length === headerLength) continue;
    frames.push({ record: JSON.parse(frame.payload.toString('utf8')) as HubRecord, end: offset });
  }
}

/**
 * Copies the folder at every step of the store's work: before and after each write and removal. A kill may come there.
 * @returns the copies, what each state of the journal means, and what was on disk for certain
 */
function watch({ store, hub }: EngineOnDisk): {
  copies: { folder: string; safe: number }[];
  states: Map<number, unknown>;
} {
  const copies: { folder: string; safe: number }[] = [];
  const states = new Map<number, unknown>([[0, []]]);
  const { journal, archive } = store;
  let safe = 0;
  const copy = (): void => void copies.push({ folder: copied(`copy-${copies.length}`), safe });
  const append = journal.append.bind(journal);
  const confirmed = journal.confirmed.bind(journal);
  const add = archive.append.bind(archive);
  const remove = archive.remove.bind(archive);
  const rotate = journal.rotate.bind(journal);
  const drop = journal.dropOldSegments.bind(journal);
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    copy();
    const result = await work();
    copy();
    return result;
  };
  Object.assign(journal, {
    append: (payload: string) => {
      const seq = append(payload);
      // The hub has applied all records before this one.
      states.set(seq - 1, contents(hub));
      return seq;
    },
    confirmed: async (seq: number) => {
      await confirmed(seq);
      safe = Math.max(safe, seq);
      copy();
    },
    rotate: () => around(rotate),
    dropOldSegments: () => around(drop),
  });
  Object.assign(archive, {
    append: (payloads: readonly Buffer[]) => around(() => add(payloads)),
    remove: (number: number) => around(() => remove(number)),
  });
  return { copies, states };
}

describe('a kill', () => {
  it('at any step of archiving, purging, replacing files and checkpoints loses nothing and brings nothing back', async () => {
    const engine = await EngineOnDisk.open(folder, shortApp());
    const { copies, states } = watch(engine);
    const names = Array.from({ length: 6 }, (_, index) => `one-${index}`);
    for (const id of names) await engine.start('says', id, id);
    await engine.start('parent', 'family');
    await engine.start('waits', 'waiting');
    await engine.start('counts', 'counted');
    await engine.untilArchived(...names, 'family', 'family-child', 'counted');
    await engine.checkpoint();
    await engine.client.purge('one-1');
    await engine.start('says', 'one-2', 'with the same id');
    const purged = engine.client.purgeMany({ prefix: 'one-', statuses: new Set(['Completed']) });
    await engine.client.rewind('family', 'again');
    await engine.checkpoint();
    await purged;
    await engine.raise('waiting', 'go', 'on');
    await engine.untilArchived('family', 'family-child', 'waiting');
    const more = Array.from({ length: 4 }, (_, index) => `more-${index}`);
    for (const id of more) await engine.start('says', id, id);
    await engine.untilArchived(...more);
    await engine.checkpoint();
    await engine.engine.stop();
    const last = engine.store.journal.append(JSON.stringify({ k: 'purge', i: [] }));
    states.set(last, contents(engine.hub));
    await engine.store.close();

    expect(copies.length).toBeGreaterThan(60);
    for (const { folder: copy, safe } of copies) {
      const after = await found(copy);
      expect(after.last, copy).toBeGreaterThanOrEqual(safe);
      expect(after.found, `${copy}, after record ${after.last}`).toEqual(states.get(after.last));
    }
  });

  it('at every byte of the journal’s last records leaves the state of the whole ones', async () => {
    // No file is removed, so that earlier states can be read.
    const engine = await EngineOnDisk.open(folder, shortApp(), { ...eager, smallest: Number.POSITIVE_INFINITY });
    for (const id of ['a', 'b', 'c']) await engine.start('says', id, id);
    await engine.untilArchived('a', 'b', 'c');
    await engine.client.purge('a');
    await engine.start('says', 'b', 'again');
    await engine.untilArchived('b');
    await engine.client.purge('c');
    await engine.engine.stop();
    const [journal = ''] = filesOf(folder, 'journal');
    const frames = framesOf(journal);
    const hub = new TaskHub(engine.store.archive);
    const states = frames.map(({ end, record }, index) => {
      hub.apply(record, index + 1);
      return { end, state: contents(hub) };
    });
    await engine.close();

    const size = statSync(journal).size;
    expect(frames.filter(({ record }) => record.k === 'archive').length).toBeGreaterThan(2);
    for (let length = size; length > (frames.at(-3)?.end ?? size); length -= 1) {
      const copy = copied('torn');
      truncateSync(path.join(copy, path.basename(journal)), length);
      const expected = states.findLast(({ end }) => end <= length);
      expect((await found(copy)).found, `${length} of ${size} bytes`).toEqual(expected?.state);
    }
  });

  it('in a process of its own loses nothing that was confirmed', async () => {
    const script = fileURLToPath(new URL('archiveUntilKilled.mjs', import.meta.url));
    let archived = 0;
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (part: Buffer) => (said += part.toString()));
      while (said.split('\n').length < 40 + round * 40) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const lines = said.slice(0, said.lastIndexOf('\n')).split('\n');
      const finished = lines.filter((line) => line.startsWith('finished ')).map((line) => line.slice(9));
      const store = await openStore(folder);
      for (const id of finished) {
        const output = store.hub.find(id)?.output;
        // A purge may have been made, and not been confirmed.
        const possible = lines.includes(`purging ${id}`) ? [`"${id}"`, undefined] : [`"${id}"`];
        expect(lines.includes(`purged ${id}`) ? [undefined] : possible, id).toContain(output);
      }
      archived += store.hub.archived.size;
      await store.close();
    }
    expect(archived).toBeGreaterThan(0);
  });
});
