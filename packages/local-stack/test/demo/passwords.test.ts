import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { searchPasswords } from '../../src/demo/passwords.js';
import type { Exchange } from '../../src/stack/devices/recordingProxy.js';

const PASSWORD = 'a/password+of"the?vault';
const AUTH = Buffer.from(`token:${PASSWORD}`).toString('base64');
const VALUE = JSON.stringify({ auths: { 'localhost:5000': { auth: AUTH } } });
const SEALED = '/api/devices/secrets?name=one';

let dataFolder: string;
let configFile: string;
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'passwords-'));
  configFile = join(dataFolder, 'device', 'config.json');
  for (const name of ['azure', 'device', 'host']) mkdirSync(join(dataFolder, name));
  writeFileSync(join(dataFolder, 'azure', 'vault.ndjson'), `${JSON.stringify({ value: VALUE })}\n`);
  writeFileSync(configFile, VALUE);
});
afterEach(() => rmSync(dataFolder, { recursive: true }));

const exchange = (answer: string, path = SEALED): Exchange => ({
  method: 'GET',
  path,
  authorization: '',
  status: 200,
  request: Buffer.from(`GET ${path}\r\n\r\n`),
  answer: Buffer.from(answer),
});
const search = (...exchanges: Exchange[]) =>
  searchPasswords({ dataFolder, operator: { secretValues: () => Promise.resolve([VALUE, VALUE]) } }, exchanges, [
    configFile,
  ]);

test('a password is found in the vault and on its device alone', async () => {
  writeFileSync(join(dataFolder, 'host', 'log'), 'nothing of interest');
  expect(await search(exchange('{"sealed":"a.b.c.d.e"}'), exchange('', '/api/devices/messages'))).toMatchObject({
    passwords: 1,
    recorded: { requests: 2, sealed: 1 },
    files: { count: 1 },
    found: [],
    isSearchSound: true,
  });
});

test.each([
  ['as it is', PASSWORD],
  ['in JSON', JSON.stringify({ PASSWORD })],
  ['in a URL', encodeURIComponent(PASSWORD)],
  ['in a login', AUTH],
  ['inside other base64', Buffer.from(`{"password":"${PASSWORD}"}`).toString('base64url')],
])('one that is written %s is found in a file and in an answer', async (_, text) => {
  writeFileSync(join(dataFolder, 'host', 'log'), `a line\nwith ${text} in it`);
  const { found } = await search(exchange(`HTTP ${text}`));
  expect(found).toEqual([join('host', 'log'), `GET ${SEALED}`]);
});

test('a search that does not find what the vault has is not sound', async () => {
  writeFileSync(join(dataFolder, 'azure', 'vault.ndjson'), 'encrypted');
  expect(await search()).toMatchObject({ found: [], isSearchSound: false });
});
