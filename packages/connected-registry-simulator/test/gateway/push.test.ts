import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bearer } from '../registryCalls.js';
import { Fleet, SEEDED } from './fleet.js';
import type { Member } from './fleet.js';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await Fleet.start();
});
afterEach(() => fleet.end());

const WRITES = ['content/read', 'content/write'].map((action) => `repositories/samples/app/${action}`);
const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Pushes an image without layers as `samples/app:latest`. @returns the last status */
async function push(member: Member, user: string, password: string): Promise<number> {
  const token = await bearer(member, user, password, 'repository:samples/app:pull,push');
  const headers = { authorization: `Bearer ${token}`, 'content-type': MEDIA_TYPE };
  const digest = `sha256:${createHash('sha256').update('{}').digest('hex')}`;
  const base = `${member.url}/v2/samples/app`;
  const blob = await fetch(`${base}/blobs/uploads/?digest=${digest}`, { method: 'POST', headers, body: '{}' });
  if (blob.status !== 201) return blob.status;
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE, config, layers: [] });
  return (await fetch(`${base}/manifests/latest`, { method: 'PUT', headers, body })).status;
}

async function cloudTags(): Promise<string[]> {
  const { body } = await fleet.cloud.call('GET', '/_control/state');
  const [registry] = (body as { registries: { repositories: { name: string; tags: string[] }[] }[] }).registries;
  return registry?.repositories.find(({ name }) => name === 'samples/app')?.tags ?? [];
}

test('a push to a ReadWrite connected registry reaches the cloud with its syncs, also through a parent', async () => {
  await fleet.connect('writer', { repositories: ['hello-world', 'samples/app'], mode: 'ReadWrite' });
  await fleet.connect('below', { repositories: ['samples/app'], mode: 'ReadWrite', above: ['writer'] });
  const syncPassword = await fleet.password('below');
  const writer = await fleet.join('writer');
  const below = await fleet.join('below', { parent: writer, password: syncPassword });
  const password = await fleet.client('pusher', ['writer', 'below'], WRITES);
  await fleet.advance(60);
  await below.edge.uplink.sync();

  expect(await push(below, 'pusher', password)).toBe(201);
  expect(await fleet.pull(below, 'pusher', password, 'samples/app')).toBe('pulled');
  expect(await fleet.pull(writer, 'pusher', password, 'samples/app')).toBe(404);

  await below.edge.uplink.sync();
  expect(await cloudTags()).toEqual([]);

  await writer.edge.uplink.sync();
  expect(await cloudTags()).toEqual(['latest']);
  expect(await fleet.pull(writer, 'pusher', password, 'samples/app')).toBe('pulled');
});

test('a ReadOnly connected registry refuses pushes, and the cloud ignores pushes that it reports', async () => {
  await fleet.setActions(SEEDED, (actions) => [...actions, ...WRITES]);
  const syncPassword = await fleet.password(SEEDED);
  const member = await fleet.join(SEEDED, { password: syncPassword });
  const password = await fleet.client('pusher', [SEEDED], WRITES);
  await fleet.advance(60);

  expect(await push(member, 'pusher', password)).toBe(403);

  const authorization = `Basic ${Buffer.from(`${SEEDED}:${syncPassword}`).toString('base64')}`;
  const body = { pushed: [{ repository: 'samples/app', tag: 'latest' }] };
  const path = `/gateway/${fleet.cloud.registry}/${SEEDED}/sync`;

  expect((await fleet.cloud.call('POST', path, body, { authorization })).status).toBe(200);
  expect(await cloudTags()).toEqual([]);
});
