import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { headerLength } from '../../src/store/frame.js';
import { JournalDamagedError } from '../../src/store/segment.js';
import { JournalUnderTest, lengthOf } from './journalUnderTest.js';

let tested: JournalUnderTest;
beforeEach(async () => {
  tested = await JournalUnderTest.create();
});
afterEach(() => tested.dispose());

describe('a torn write', () => {
  const payloads = ['first record', 'second record'];

  it.each([1, 5, headerLength - 1, headerLength, headerLength + 3])(
    'is cut off if %i bytes of the last record exist',
    async (bytes) => {
      await tested.write(payloads);
      truncateSync(tested.lastSegment(), lengthOf(payloads.slice(0, 1)) + bytes);

      expect(await tested.read()).toEqual(['first record']);
      // What was cut off does not come back, and new records follow what holds.
      await tested.write(['third']);
      expect(await tested.read()).toEqual(['first record', 'third']);
    },
  );

  it('is cut off before a segment that was just begun and is empty', async () => {
    await tested.write(payloads);
    truncateSync(tested.lastSegment(), lengthOf(payloads.slice(0, 1)) + headerLength + 3);
    writeFileSync(path.join(tested.folder, 'journal-000002.log'), '');

    expect(await tested.read()).toEqual(['first record']);
    await tested.write(['third']);
    expect(await tested.read()).toEqual(['first record', 'third']);
    expect(tested.segments()).toHaveLength(2);
  });

  it('is cut off if the file was extended but not filled', async () => {
    await tested.write(payloads);
    appendFileSync(tested.lastSegment(), Buffer.alloc(5000));

    expect(await tested.read()).toEqual(payloads);
  });

  it('is cut off if one write of several records reached the disk in part', async () => {
    await tested.write(['safe']);
    const { journal } = await tested.open();
    // Three records of one write; nothing after them says that they were synced.
    const last = [journal.append('one'), journal.append('two'), journal.append('three')].at(-1) ?? 0;
    await journal.durable(last);
    await journal.close();
    const file = tested.lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('one');
    bytes.fill(0, at - headerLength, at + 3);
    // Without the marker that follows a sync.
    writeFileSync(file, bytes.subarray(0, bytes.length - headerLength));

    expect(await tested.read()).toEqual(['safe']);
  });
});

describe('damage', () => {
  const payloads = Array.from({ length: 20 }, (_, index) => `record number ${index}`);

  it('in the middle is refused with file and position, and nothing is changed', async () => {
    await tested.write(payloads);
    const file = tested.lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('record number 7');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);

    await expect(tested.open()).rejects.toThrow(JournalDamagedError);
    await expect(tested.open()).rejects.toThrow(`${file} is damaged at byte ${at - headerLength}`);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('of the last synced record is refused, and not mistaken for a torn write', async () => {
    await tested.write(payloads);
    const file = tested.lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('record number 19');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);

    await expect(tested.open()).rejects.toThrow(JournalDamagedError);
  });

  it('that removes a whole record is refused', async () => {
    await tested.write(payloads);
    const file = tested.lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('record number 3') - headerLength;
    const length = headerLength + 'record number 3'.length;
    writeFileSync(file, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]));

    await expect(tested.open()).rejects.toThrow('record 4 is missing');
  });

  it('is detected at every byte of the middle', async () => {
    await tested.write(['one', 'two', 'three', 'four']);
    const file = tested.lastSegment();
    const good = readFileSync(file);
    const end = good.indexOf('three');
    for (let at = 0; at < end; at += 1) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
      writeFileSync(file, bytes);
      // A marker before the damage may go: it holds nothing.
      const outcome = await tested.open().then(
        async ({ journal, records }) => {
          await journal.close();
          return records;
        },
        (error: unknown) => error,
      );
      expect(outcome, `byte ${at}`).toBeInstanceOf(JournalDamagedError);
    }
  });

  it('leaves the folder free for another try', async () => {
    await tested.write(payloads);
    const file = tested.lastSegment();
    const good = readFileSync(file);
    const bytes = Buffer.from(good);
    bytes.writeUInt8(0, 30);
    writeFileSync(file, bytes);
    await expect(tested.open()).rejects.toThrow(JournalDamagedError);
    writeFileSync(file, good);

    expect(await tested.read()).toEqual(payloads);
  });
});
