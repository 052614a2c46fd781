import { appendFileSync, truncateSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { JournalUnderTest, lengthOf, type Counting } from './journalUnderTest.js';

let tested: JournalUnderTest;
beforeEach(async () => {
  tested = await JournalUnderTest.create();
});
afterEach(() => tested.dispose());

describe('a journal that is counted', () => {
  const reports: string[] = [];
  const counted = (): Counting => ({
    file: `${tested.folder}.count`,
    missing: (text) => void reports.push(text),
  });
  beforeEach(() => reports.splice(0));
  afterEach(() => rm(counted().file, { force: true }));

  it('reports nothing if all records exist, even after a torn write', async () => {
    await tested.write(['a', 'b'], counted());
    expect(await tested.read(counted())).toEqual(['a', 'b']);
    appendFileSync(tested.lastSegment(), Buffer.from([0x9e, 0x4a, 0x72]));
    expect(await tested.read(counted())).toEqual(['a', 'b']);
    expect(reports).toEqual([]);
  });

  it('reports once how many records are missing after its end was cut off', async () => {
    await tested.write(['a', 'b', 'c', 'd'], counted());
    truncateSync(tested.lastSegment(), lengthOf(['a']));

    expect(await tested.read(counted())).toEqual(['a']);
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain(`${tested.folder} is not complete: the last 3 of 4 records are missing`);
    expect(await tested.read(counted())).toEqual(['a']);
    expect(reports).toHaveLength(1);
  });

  it.each([
    ['its file', () => rm(tested.lastSegment())],
    ['its folder', () => rm(tested.folder, { recursive: true, maxRetries: 5 })],
    ['all that was in its file', () => Promise.resolve(truncateSync(tested.lastSegment(), 0))],
  ])('reports that all records are missing if %s is gone', async (_, takeAway) => {
    await tested.write(['a', 'b'], counted());
    await takeAway();
    expect(await tested.read(counted())).toEqual([]);
    expect(reports[0]).toContain('all 2 records are missing');
  });

  it('reports missing older segments that are needed', async () => {
    const { journal } = await tested.open(counted());
    await journal.durable(journal.append('a'));
    await journal.rotate();
    await journal.durable(journal.append('b'));
    await journal.close();

    await rm(path.join(tested.folder, 'journal-000001.log'));

    expect(await tested.read(counted())).toEqual(['b']);
    expect(reports[0]).toContain('segments 1 to 1 are missing');
  });

  it('reports nothing if older segments were dropped', async () => {
    const { journal } = await tested.open(counted());
    await journal.durable(journal.append('a'));
    await journal.rotate();
    await journal.durable(journal.append('b'));
    await journal.dropOldSegments();

    await journal.close();

    expect(await tested.read(counted())).toEqual(['b']);
    expect(reports).toEqual([]);
  });
});
