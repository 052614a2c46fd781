import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { HubRecord } from '../../../src/durable/hub/records.js';
import { statusView } from '../../../src/durable/management/statusView.js';
import { EngineOnDisk, archiveBytes, contents, eager, shortApp } from './storeUnderTest.js';

let folder: string;
let engine: EngineOnDisk;
const open = async (limits = eager): Promise<EngineOnDisk> =>
  (engine = await EngineOnDisk.open(folder, shortApp(), limits));
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'archived-'));
  await open();
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function restart(): Promise<void> {
  await engine.close();
  await open();
}

const all = { showInput: true, showHistory: true, showHistoryOutput: true };

/** What a client sees of an instance. */
async function view(id: string): Promise<unknown> {
  const instance = await engine.client.find(id);
  return instance === undefined ? undefined : statusView(instance, all);
}

const ids = async (query: Parameters<typeof engine.client.list>[0] = {}): Promise<string[]> =>
  (await engine.client.list(query)).instances.map(({ id }) => id);

describe('a finished instance', () => {
  it('leaves memory, and is seen as before, also after a start', async () => {
    await engine.close();
    await open({ ...eager, recent: 1 });
    await engine.start('says', 'one', 'a');
    await engine.output('one');
    const seen = await view('one');
    expect(engine.hub.instances.has('one')).toBe(true);

    await engine.start('says', 'two', 'b');
    await engine.untilArchived('one');
    expect(engine.hub.instances.has('one')).toBe(false);
    expect(seen).toMatchObject({ runtimeStatus: 'Completed', output: 'hello a', customStatus: { saying: 'a' } });
    expect(await view('one')).toEqual(seen);
    await restart();
    expect(await view('one')).toEqual(seen);
    expect(engine.app.invocations).toEqual([]);
  });

  it('is replaced by a start with its id, and does not come back', async () => {
    await engine.start('says', 'one', 'a');
    await engine.untilArchived('one');
    await engine.start('waits', 'one', 'b');
    expect(await ids()).toEqual(['one']);
    await restart();

    expect(await view('one')).toMatchObject({ name: 'waits', input: 'b', output: null });
    expect(engine.instance('one').generation).toBe(1);
    expect(await ids()).toEqual(['one']);
  });

  it('keeps its id for itself as long as its successor has not ended', async () => {
    await engine.start('says', 'one', 'a');
    await engine.untilArchived('one');
    await engine.start('waits', 'one');
    await expect(engine.start('says', 'one')).rejects.toThrow('already exists');
    await engine.raise('one', 'go', 'on');
    await engine.untilArchived('one');

    expect(await view('one')).toMatchObject({ name: 'waits', output: 'on' });
  });

  it('can be restarted with its input, under its own and another id', async () => {
    await engine.start('says', 'one', 'a');
    await engine.untilArchived('one');
    const other = (await engine.client.restart('one', true)) ?? '';
    await engine.client.restart('one', false);
    await engine.untilArchived('one', other);

    expect(await view(other)).toMatchObject({ input: 'a', output: 'hello a' });
    expect((await engine.client.find('one'))?.generation).toBe(1);
  });

  it('can be rewound with its children, also if the host is started in between', async () => {
    await engine.start('parent', 'one');
    await engine.untilArchived('one', 'one-child');
    expect(await view('one')).toMatchObject({ runtimeStatus: 'Failed' });

    await engine.client.rewind('one', 'again');
    await restart();
    await engine.until(() => engine.hub.outline('one')?.status === 'Failed');
    // The app's memory of its first attempt ended with the host.
    await engine.untilArchived('one', 'one-child');
    await engine.client.rewind('one', 'again');
    await engine.untilArchived('one', 'one-child');
    expect(await view('one')).toMatchObject({ runtimeStatus: 'Completed', output: { child: 'the second time' } });
    const seen = await view('one');
    await restart();
    expect(await view('one')).toEqual(seen);
  });

  it('has left its last rows to a run that is shorter, and a rewind takes them for that one’s', async () => {
    const reported: unknown[] = [];
    const rewind = (id: string): Promise<boolean> =>
      engine.client.rewind(id, 'again', (notRun) => reported.push(notRun));
    await engine.start('says', 'event', 'a');
    await engine.start('parent', 'child');
    await engine.untilArchived('event', 'child', 'child-child');
    for (const id of ['event', 'child']) await engine.start('throws', id);
    await engine.untilArchived('event', 'child');
    await restart();
    const seen = [await view('event'), await view('child')];

    expect([await rewind('event'), await rewind('event'), await rewind('child')]).toEqual([true, true, false]);
    const notRun = { id: 'event', because: 'earlier-run' };
    expect(reported).toEqual([notRun, notRun]);
    await engine.untilArchived('event', 'child');
    expect([await view('event'), await view('child')]).toEqual(seen);
    await restart();
    expect([await view('event'), await view('child')]).toEqual(seen);
  });

  it('takes no messages, not even with an id like an entity’s', async () => {
    await engine.start('says', '@one@k', 'a');
    await engine.untilArchived('@one@k');
    const seen = await view('@one@k');
    await engine.raise('@one@k', 'go', 1);

    expect(engine.hub.instances.has('@one@k')).toBe(false);
    expect(await view('@one@k')).toEqual(seen);
    expect(engine.client.entities(undefined)).toEqual([]);
  });

  it('stays where it is when other records and a checkpoint follow', async () => {
    for (const id of ['a', 'b', 'c']) await engine.start('says', id, id);
    await engine.start('waits', 'd');
    await engine.start('counts', 'e');
    await engine.untilArchived('a', 'b', 'c', 'e');
    const before = contents(engine.hub);
    await engine.checkpoint();
    await restart();

    expect(contents(engine.hub)).toEqual(before);
    expect([...engine.hub.instances.keys()].toSorted()).toEqual(['@counter@k', 'd']);
    await engine.raise('d', 'go', 'on');
    expect(await engine.output('d')).toBe('on');
  });

  it('of a journal without an archive is archived after a start', async () => {
    await engine.close();
    await open({ ...eager, recent: 1000 });
    for (const id of ['a', 'b', 'c']) await engine.start('says', id, id);
    for (const id of ['a', 'b', 'c']) await engine.output(id);
    expect(archiveBytes(folder)).toBe(0);
    const before = contents(engine.hub);

    await restart();
    await engine.untilArchived('a', 'b', 'c');
    expect(engine.hub.instances.size).toBe(0);
    expect(contents(engine.hub)).toEqual(before);
  });
});

describe('an archive that cannot be written', () => {
  it('leaves finished instances in memory, says so once, and takes them later', async () => {
    const { archive } = engine.store;
    const append = archive.append.bind(archive);
    const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    Object.assign(archive, { append: () => Promise.reject(noSpace) });
    await engine.start('says', 'one', 'a');
    await engine.until(() => engine.warnings.length > 0);
    expect(engine.warnings).toEqual([expect.stringContaining('no space left on device')]);
    expect(await view('one')).toMatchObject({ output: 'hello a' });

    Object.assign(archive, { append });
    await engine.start('says', 'two', 'b');
    await engine.untilArchived('one', 'two');
    expect(engine.warnings).toHaveLength(1);
  });

  it('is tried again when the journal has space again', async () => {
    const { archive, journal } = engine.store;
    const append = archive.append.bind(archive);
    Object.assign(archive, { append: () => Promise.reject(new Error('no space left on device')) });
    await engine.start('says', 'one', 'a');
    await engine.until(() => engine.warnings.length > 0);
    Object.assign(archive, { append });
    journal.onSpace?.(undefined);

    await engine.untilArchived('one');
    expect(await view('one')).toMatchObject({ output: 'hello a' });
  });
});

describe('a journal of a later version', () => {
  it('is refused for its first record that is unknown', () => {
    const record = { k: 'tomorrow' } as unknown as HubRecord;
    expect(() => engine.hub.apply(record, 1)).toThrow(
      'The journal has a record of the kind "tomorrow", which this version of the host does not know.',
    );
  });
});

describe('a query', () => {
  it('finds instances in memory and in the archive, page by page, by status, time and prefix', async () => {
    const finished = ['a1', 'b2', 'b4', 'c1'];
    for (const id of finished) await engine.start('says', id, id);
    await engine.start('fails', 'b1');
    await engine.untilArchived(...finished, 'b1');
    const noon = engine.clock.now().getTime() + 1000;
    await engine.advance(2000);
    for (const id of ['a2', 'b3', 'c2']) await engine.start('waits', id);
    await engine.goOn();

    expect(await ids()).toEqual(['a1', 'a2', 'b1', 'b2', 'b3', 'b4', 'c1', 'c2']);
    const pages: string[][] = [];
    for (let after: string | undefined, more = true; more;) {
      const page = await engine.client.list({ top: 3, ...(after === undefined ? {} : { after }) });
      pages.push(page.instances.map(({ id }) => id));
      after = page.next;
      more = after !== undefined;
    }
    expect(pages).toEqual([
      ['a1', 'a2', 'b1'],
      ['b2', 'b3', 'b4'],
      ['c1', 'c2'],
    ]);
    expect(await ids({ prefix: 'b' })).toEqual(['b1', 'b2', 'b3', 'b4']);
    expect(await ids({ prefix: 'b', after: 'b2', top: 1 })).toEqual(['b3']);
    expect(await ids({ statuses: new Set(['Failed']) })).toEqual(['b1']);
    expect(await ids({ statuses: new Set(['Running', 'Failed']), prefix: 'b' })).toEqual(['b1', 'b3']);
    expect(await ids({ from: noon })).toEqual(['a2', 'b3', 'c2']);
    expect(await ids({ to: noon, prefix: 'c' })).toEqual(['c1']);
  });
});

describe('a purge', () => {
  it('removes instances for good, and the archive gives their space back', async () => {
    const gone = Array.from({ length: 12 }, (_, index) => `gone-${index}`);
    const kept = ['kept-1', 'kept-2'];
    for (const id of [...gone.slice(0, 6), ...kept, ...gone.slice(6)]) await engine.start('says', id, id);
    await engine.untilArchived(...gone, ...kept);
    const seen = await Promise.all(kept.map(view));
    const bytes = archiveBytes(folder);

    expect(await engine.client.purgeMany({ prefix: 'gone-' })).toBe(12);
    expect(await ids()).toEqual(kept);
    await engine.until(() => archiveBytes(folder) < bytes / 2);
    expect(await Promise.all(kept.map(view))).toEqual(seen);
    await restart();

    expect(await ids()).toEqual(kept);
    expect(await Promise.all(kept.map(view))).toEqual(seen);
  });

  it('of one leaves the others', async () => {
    for (const id of ['a', 'b']) await engine.start('says', id, id);
    await engine.untilArchived('a', 'b');
    await engine.client.purge('a');
    expect(await view('a')).toBeUndefined();
    await restart();

    expect(await ids()).toEqual(['b']);
  });
});
