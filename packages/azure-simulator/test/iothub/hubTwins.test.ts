import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changedSection, merge, newTwin } from '../../src/iothub/twinChanges.js';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';

interface TwinBody {
  etag: string;
  version: number;
  tags: unknown;
  properties: { desired: Record<string, unknown>; reported: Record<string, unknown> };
}

describe('a device twin', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  let made = 0;
  let path = '';
  beforeAll(async () => {
    clock = new ManualClock();
    cloud = await Cloud.start({ clock });
  });
  afterAll(() => cloud.end());
  beforeEach(async () => {
    made += 1;
    const deviceId = `device-${made}`;
    path = `/twins/${deviceId}`;
    await cloud.hub('PUT', `/devices/${deviceId}`, { deviceId });
  });

  const read = async (): Promise<TwinBody> => (await cloud.hub('GET', path)).body;
  const patch = (body: unknown, headers: Record<string, string> = {}) => cloud.hub('PATCH', path, body, headers);

  it('starts empty, with version numbers', async () => {
    const twin = await read();
    expect(twin).toMatchObject({ etag: 'AAAAAAAAAAE=', version: 2, tags: {}, deviceId: `device-${made}` });
    expect(twin.properties.desired).toEqual({ $metadata: { $lastUpdated: clock.now().toISOString() }, $version: 1 });
  });

  it('merges a patch, in which null removes a property', async () => {
    await patch({
      tags: { site: { name: 'north', floor: 1 } },
      properties: { desired: { check: { run: 'a', n: 1 } } },
    });
    clock.advance(60);
    const before = clock.now().toISOString();
    const reply = await patch({
      tags: { site: { floor: null } },
      properties: { desired: { check: { n: 2 }, off: null } },
    });
    const { tags, properties, version } = reply.body as TwinBody;

    expect(tags).toEqual({ site: { name: 'north' } });
    expect(properties.desired).toMatchObject({ check: { run: 'a', n: 2 }, $version: 3 });
    expect(properties.desired['$metadata']).toMatchObject({
      $lastUpdated: before,
      $lastUpdatedVersion: 3,
      check: { n: { $lastUpdated: before, $lastUpdatedVersion: 3 }, run: { $lastUpdatedVersion: 2 } },
    });
    expect(version).toBe(4);
  });

  it('is replaced by a PUT', async () => {
    await patch({ tags: { old: true }, properties: { desired: { old: 1 } } });
    const reply = await cloud.hub('PUT', path, { tags: { new: true }, properties: { desired: { new: 1 } } });
    const { tags, properties } = reply.body as TwinBody;

    expect(tags).toEqual({ new: true });
    expect(properties.desired).not.toHaveProperty('old');
    expect(properties.desired).toMatchObject({ new: 1, $version: 3 });
  });

  it('changes with its current etag, with a star, and without a condition', async () => {
    const { etag } = await read();

    expect((await patch({ tags: { a: 1 } }, { 'if-match': `"${etag}"` })).status).toBe(200);

    const stale = await patch({ tags: { a: 2 } }, { 'if-match': `"${etag}"` });
    expect(stale).toMatchObject({ status: 412, headers: { 'iothub-errorcode': 'PreconditionFailed' } });
    expect((await patch({ tags: { a: 3 } }, { 'if-match': '*' })).status).toBe(200);
    expect((await patch({ tags: { a: 4 } })).body).toMatchObject({ tags: { a: 4 }, etag: 'AAAAAAAAAAQ=' });
  });

  it.each([
    ['a name with a dot', { 'a.b': 1 }],
    ['a name with a dollar', { $own: 1 }],
    ['a name with a space', { 'a b': 1 }],
    ['a string that is too long', { text: 'x'.repeat(4097) }],
    ['a number that is too large', { n: 4_503_599_627_370_496 }],
    ['more than 32 KB', Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`n${n}`, 'x'.repeat(4000)]))],
    ['objects that are too deep', JSON.parse(`${'{"a":'.repeat(11)}1${'}'.repeat(11)}`) as object],
  ])('refuses %s', async (_what, desired) => {
    const reply = await patch({ properties: { desired } });
    expect(reply).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'ArgumentInvalid' } });
    expect((await read()).properties.desired['$version']).toBe(1);
  });

  it('does not exist without its device', async () => {
    expect((await cloud.hub('GET', '/twins/unknown')).status).toBe(404);
    expect((await cloud.hub('PATCH', '/twins/unknown', { tags: {} })).status).toBe(404);
  });
});

describe('changes of a twin', () => {
  it('are merged as RFC 7396 defines', () => {
    expect(merge({ a: 'b', c: { d: 'e', f: 'g' } }, { a: 'z', c: { f: null } })).toEqual({ a: 'z', c: { d: 'e' } });
    expect(merge({ a: [1] }, { a: { b: { c: null } } })).toEqual({ a: { b: {} } });
  });

  it('may contain the properties that the service adds, which are ignored', () => {
    const now = new Date();
    const { desired } = newTwin(now);

    const changed = changedSection(desired, { a: 1, $version: 7, $metadata: {} }, 'merge', now, 'desired');

    expect(changed).toMatchObject({ values: { a: 1 }, version: 2 });
  });
});
