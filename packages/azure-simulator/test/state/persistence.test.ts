import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startControlPlane } from '../../src/controlPlane.js';
import { ensureCertificates } from '../../src/tls/certificates.js';
import { Cloud, failureOf } from '../../../../test/shared/cloud.js';
import { Edge } from '../under-test/edge.js';

describe('the data folder', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await Cloud.start();
  });
  afterEach(() => cloud.end());

  it('keeps everything over a restart: ids, identities, tokens with their passwords, bindings, secrets', async () => {
    const before = cloud.running.world;
    const id = await cloud.makeToken('kept-token');
    const arm = cloud.arm();
    const made = await arm.registries.generateCredentials(cloud.group, cloud.registry, {
      tokenId: id,
      name: 'password1',
    });
    await arm.connectedRegistries.update(cloud.group, cloud.registry, 'myconnectedregistry', { clientTokenIds: [id] });
    await cloud.vault().setSecret('kept', 'value', { tags: { a: '1' } });
    await cloud.vault().setSecret('deleted', 'value');
    await (await cloud.vault().beginDeleteSecret('deleted')).pollUntilDone();
    const edge = await Edge.of(cloud);
    const token = await cloud.token('operator', 'https://management.azure.com');

    await cloud.restart();
    const after = cloud.running.world;

    // Addresses contain the port, which has changed.
    expect({ ...after, topics: {}, iotHub: {} }).toEqual({ ...before, topics: {}, iotHub: {} });
    expect(after.iotHub.id).toBe(before.iotHub.id);
    expect(await edge.accepts('kept-token', made.passwords?.[0]?.value ?? '')).toBe(true);
    expect(await cloud.vault().getSecret('kept')).toMatchObject({ value: 'value', properties: { tags: { a: '1' } } });
    expect(await failureOf(cloud.vault().setSecret('deleted', 'x'))).toMatchObject({ statusCode: 409 });

    const read = await cloud.call('GET', `${cloud.registryId}?api-version=2025-11-01`, undefined, {
      authorization: `Bearer ${token}`,
    });

    expect(read.status).toBe(200);
  });

  it('is readable by its owner only', async () => {
    for (const name of await readdir(cloud.directory)) {
      if (name === 'tls') continue;
      expect((await stat(join(cloud.directory, name))).mode & 0o077).toBe(0);
    }
  });

  it("contains no passwords of tokens, and secret values only in the vault's file", async () => {
    const id = await cloud.makeToken('some-token');
    const made = await cloud.arm().registries.generateCredentials(cloud.group, cloud.registry, { tokenId: id });
    const values = (made.passwords ?? []).map((one) => one.value ?? '');
    await cloud.vault().setSecret('secret', 'the-vault-value');
    await cloud.running.close();

    expect(await readFile(join(cloud.directory, 'arm.ndjson'), 'utf8')).toContain('some-token');

    for (const name of await readdir(cloud.directory)) {
      if (name === 'tls') continue;
      const text = await readFile(join(cloud.directory, name), 'utf8');
      for (const value of values) expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
      expect(text.includes('the-vault-value')).toBe(name === 'vault.ndjson');
    }
    await cloud.launch();
  });

  it('is emptied by a reset, except for certificates', async () => {
    await cloud.makeToken('lost-token');
    const before = cloud.running.world;
    await cloud.running.close();
    const tls = await ensureCertificates(join(cloud.directory, 'tls'));

    const second = await startControlPlane({ port: 0, directory: cloud.directory, tls, reset: true });

    expect(second.world.subscriptionId).not.toBe(before.subscriptionId);
    expect(second.plane.arm.registries.get('myregistry')?.tokens.get('lost-token')).toBeUndefined();

    await second.close();
    await cloud.launch();
  });

  it.each([
    ['arm.ndjson', '"tenantId":"', '"tenant":"'],
    ['arm.ndjson', '"sku":"Premium"', '"sku":"Gold"'],
    ['iothub.ndjson', '"RegistryRead"', '"registry"'],
    ['keys.json', '"clientSecret":"', '"secret":"'],
  ])('is refused by the name of the file if %s has another form: %s', async (name, found, damage) => {
    await cloud.running.close();
    const file = join(cloud.directory, name);
    const text = await readFile(file, 'utf8');
    expect(text).toContain(found);
    await writeFile(file, text.replace(found, damage));
    const tls = await ensureCertificates(join(cloud.directory, 'tls'));

    await expect(startControlPlane({ port: 0, directory: cloud.directory, tls })).rejects.toThrow(
      `${file} is damaged; start with --reset`,
    );

    await writeFile(file, text);
    await cloud.launch();
  });

  it('keeps members that a later version of the same format has written', async () => {
    await cloud.running.plane.addFederatedCredential(await cloud.running.plane.addIdentity('later'), {
      issuer: 'https://issuer',
      subject: 'subject',
      audience: 'audience',
    });
    await cloud.running.close();
    const places: [file: string, before: string][] = [
      ...['arm', 'vault', 'eventgrid', 'iothub'].map((name): [string, string] => [`${name}.ndjson`, '{"format":']),
      ['arm.ndjson', '"sku":"Premium"'],
      ['arm.ndjson', '"createdBy":'],
      ['iothub.ndjson', '"rights":["RegistryRead"]'],
      ['keys.json', '"identities":'],
      ['keys.json', '"clientSecret":'],
      ['keys.json', '"subject":'],
    ];
    const names = [...new Set(places.map(([name]) => name))];
    for (const [index, [name, before]] of places.entries()) {
      const file = join(cloud.directory, name);
      const text = await readFile(file, 'utf8');
      expect(text).toContain(before);
      const added = `"later-${index}":true,`;
      await writeFile(
        file,
        text.replace(before, before.startsWith('{') ? `{${added}${before.slice(1)}` : added + before),
      );
    }

    await cloud.launch();
    await cloud.running.plane.addIdentity('another');
    cloud.running.plane.rewrite();
    await cloud.running.close();

    const kept = await Promise.all(names.map((name) => readFile(join(cloud.directory, name), 'utf8')));
    const lost = places.filter((_place, index) => !kept.join('').includes(`"later-${index}":true`));
    expect(lost).toEqual([]);

    await cloud.launch();
  });

  it('has a world.json that equals the running world', async () => {
    const text = await readFile(join(cloud.directory, 'world.json'), 'utf8');
    expect(JSON.parse(text)).toEqual(cloud.running.world);
    expect(cloud.running.world.topics.signals.endpoint).toBe(`${cloud.url}/topics/signals/api/events`);
  });
});

describe('the log', () => {
  it('contains no password, secret value, key or token', async () => {
    const cloud = await Cloud.start();
    const id = await cloud.makeToken('some-token');
    const made = await cloud.arm().registries.generateCredentials(cloud.group, cloud.registry, { tokenId: id });
    await cloud.vault().setSecret('secret', 'the-vault-value');
    await cloud.vault().getSecret('secret');
    const edge = await Edge.of(cloud);
    await edge.sync();

    const text = JSON.stringify(cloud.log);

    expect(cloud.log.length).toBeGreaterThan(10);

    const secrets = [
      'the-vault-value',
      edge.password,
      ...(made.passwords ?? []).map((one) => one.value ?? ''),
      ...Object.values(cloud.running.world.identities).map((one) => one.clientSecret),
      await cloud.token('operator'),
    ];

    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(encodeURIComponent(secret));
    }

    await cloud.end();
  });
});
