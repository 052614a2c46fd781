import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readHostKeys } from '../../src/stack/functionsHost.js';

const folder = mkdtempSync(join(tmpdir(), 'host-keys-'));
const file = join(folder, 'keys.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the keys of a host are read once its file has them', () => {
  expect(readHostKeys(file)).toBeUndefined();
  writeFileSync(file, '{"function":"a","event');
  expect(readHostKeys(file)).toBeUndefined();
  writeFileSync(file, '{"function":"a","eventGrid":"b","master":"c"}');
  expect(readHostKeys(file)).toEqual({ function: 'a', eventGrid: 'b' });
});

test('a file that cannot be read is not one that is still to come', () => {
  expect(() => readHostKeys(folder)).toThrow('EISDIR');
});
