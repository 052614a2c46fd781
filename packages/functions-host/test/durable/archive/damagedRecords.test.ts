import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { instanceRoute, instancesRoute } from '../../../src/durable/management/instances.js';
import type { Management, ManagementRequest } from '../../../src/durable/management/request.js';
import { EngineOnDisk, eager, shortApp } from './storeUnderTest.js';

let folder: string;
let engine: EngineOnDisk;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'damaged-'));
  engine = await EngineOnDisk.open(folder, shortApp(), eager);
  for (const id of ['a', 'b', 'c']) await engine.start('says', id, id);
  await engine.untilArchived('a', 'b', 'c');
  damage('b');
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Changes a byte of an instance's record. */
function damage(id: string): void {
  const place = engine.hub.archived.get(id);
  const name = readdirSync(folder)
    .filter((one) => one.endsWith('.dat'))
    .find((one) => Number(/\d+/.exec(one)?.[0]) === place?.segment);
  if (place === undefined || name === undefined) throw new Error(`no record of ${id}`);
  const file = path.join(folder, name);
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(place.offset + 20) ^ 1, place.offset + 20);
  writeFileSync(file, bytes);
}

/** The routes read nothing else of their dependencies. */
const management = () => ({ client: engine.client }) as unknown as Management;
const request = (method: string, query = ''): ManagementRequest => ({
  method,
  url: new URL('http://localhost/instances'),
  headers: {},
  body: Buffer.alloc(0),
  viaRpc: false,
  query: new URLSearchParams(query),
});
const listed = async (query = ''): Promise<string[]> => {
  const { status, body } = await instancesRoute(management(), request('GET', query));
  expect(status).toBe(200);
  return (JSON.parse(String(body)) as { instanceId: string }[]).map(({ instanceId }) => instanceId);
};

describe('an instance whose record in the archive is damaged', () => {
  it('is left out of lists, which say so once', async () => {
    expect(await listed()).toEqual(['a', 'c']);
    expect(await listed('top=1')).toEqual(['a']);
    expect(engine.warnings).toEqual([expect.stringMatching(/^Instance 'b' has ended and cannot be read.*checksum/)]);
  });

  it('ends no walk through the pages', async () => {
    const { instances, next } = await engine.client.list({ top: 2 });
    expect([instances.map(({ id }) => id), next]).toEqual([['a'], 'b']);
    const rest = await engine.client.list({ top: 2, after: 'b' });
    expect([rest.instances.map(({ id }) => id), rest.next]).toEqual([['c'], undefined]);
  });

  it('can be purged by its id', async () => {
    expect(await instanceRoute(management(), request('DELETE'), ['b'])).toMatchObject({ status: 200 });
    expect(engine.hub.outline('b')).toBeUndefined();
    expect(await listed()).toEqual(['a', 'c']);
  });

  it('can be purged with others, and its id used again', async () => {
    const answer = await instancesRoute(management(), request('DELETE', 'createdTimeFrom=2020-01-01T00:00:00Z'));
    expect(JSON.parse(String(answer.body))).toEqual({ instancesDeleted: 3 });
    await engine.start('says', 'b', 'again');
    expect(await engine.output('b')).toBe('hello again');
  });
});
