import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SecretClient } from '@azure/keyvault-secrets';
import { Cloud, failureOf } from '../../../test/shared/cloud.js';
import { ManualClock } from '../../../test/shared/manualClock.js';

describe('the vault', () => {
  let cloud: Cloud;
  let vault: SecretClient;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    // With this pace a deletion takes as long as recorded, by this clock.
    cloud = await Cloud.start({ clock, settings: { pace: 'azure' } });
    vault = cloud.vault('app');
  });
  afterEach(() => cloud.end());

  const raw = async (method: string, path: string, body?: unknown) =>
    cloud.call(method, `${path}${path.includes('?') ? '&' : '?'}api-version=7.4`, body, {
      authorization: `Bearer ${await cloud.token('operator', 'https://vault.azure.net')}`,
    });

  it('challenges a request without a token', async () => {
    const reply = await cloud.call('GET', '/secrets/any?api-version=7.4');
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe(
      `Bearer authorization="${cloud.url}/${cloud.running.world.tenantId}", resource="https://vault.azure.net"`,
    );
    expect(reply.body).toMatchObject({ error: { code: 'Unauthorized' } });
  });

  it('refuses tokens for Azure Resource Manager', async () => {
    const authorization = `Bearer ${await cloud.token('operator')}`;
    expect((await cloud.call('GET', '/secrets?api-version=7.4', undefined, { authorization })).status).toBe(401);
  });

  it('keeps every version with its own value, tags and times', async () => {
    const expiresOn = new Date('2031-01-01T00:00:00Z');
    const notBefore = new Date('2030-01-01T00:00:00Z');
    const first = await vault.setSecret('secret', 'one', {
      tags: { a: '1' },
      contentType: 'text',
      expiresOn,
      notBefore,
    });
    clock.advance(60);

    const second = await vault.setSecret('secret', 'two');

    expect(first.properties).toMatchObject({
      tags: { a: '1' },
      contentType: 'text',
      expiresOn,
      notBefore,
      enabled: true,
    });
    expect(first.properties.recoveryLevel).toBe('Recoverable+Purgeable');
    expect((await vault.getSecret('secret')).value).toBe('two');

    const old = await vault.getSecret('secret', { version: first.properties.version ?? '' });
    expect(old).toMatchObject({ value: 'one', properties: { tags: { a: '1' } } });
    expect(second.properties.tags).toEqual({});
    expect(Number(second.properties.createdOn) - Number(first.properties.createdOn)).toBe(60_000);
    expect(first.properties.id).toBe(`${cloud.url}/secrets/secret/${first.properties.version}`);
  });

  it('returns secrets before their nbf date and after their exp date', async () => {
    await vault.setSecret('early', 'x', { notBefore: new Date(clock.now().getTime() + 1e9) });
    await vault.setSecret('late', 'y', { expiresOn: new Date(clock.now().getTime() + 1e6) });
    clock.advance(3_000);

    expect((await vault.getSecret('early')).value).toBe('x');
    expect((await vault.getSecret('late')).value).toBe('y');
  });

  it('refuses the value of a disabled version, and still lists the version', async () => {
    const { properties } = await vault.setSecret('secret', 'one');
    await vault.updateSecretProperties('secret', properties.version ?? '', { enabled: false });

    const reply = await raw('GET', '/secrets/secret');

    expect(reply.status).toBe(403);
    expect(reply.body).toEqual({
      error: {
        code: 'Forbidden',
        message: 'Operation get is not allowed on a disabled secret.',
        innererror: { code: 'SecretDisabled' },
      },
    });

    const listed = [];
    for await (const one of vault.listPropertiesOfSecrets()) listed.push(one);

    expect(listed).toMatchObject([{ name: 'secret', enabled: false }]);

    await vault.updateSecretProperties('secret', properties.version ?? '', { enabled: true });
    expect((await vault.getSecret('secret')).value).toBe('one');
  });

  it('updates the given properties of one version, and replaces its tags as a whole', async () => {
    const first = await vault.setSecret('secret', 'one', { tags: { a: '1', b: '2' }, contentType: 'text' });
    await vault.setSecret('secret', 'two', { tags: { c: '3' } });
    const version = first.properties.version ?? '';
    const expiresOn = new Date('2031-01-01T00:00:00Z');

    const updated = await vault.updateSecretProperties('secret', version, { tags: { z: '9' }, expiresOn });

    expect(updated).toMatchObject({ tags: { z: '9' }, contentType: 'text', expiresOn });
    expect((await vault.getSecret('secret')).properties.tags).toEqual({ c: '3' });
    expect((await vault.getSecret('secret', { version })).value).toBe('one');
  });

  it('lists secrets and versions in pages, without values', async () => {
    for (let index = 0; index < 30; index++) await vault.setSecret(`many-${index}`, 'hidden-value');
    for (let index = 0; index < 3; index++) await vault.setSecret('many-0', 'hidden-value');
    const pages = [];
    for await (const page of vault.listPropertiesOfSecrets().byPage({ maxPageSize: 20 })) pages.push(page.length);

    expect(pages).toEqual([20, 10]);

    const versions = [];
    for await (const one of vault.listPropertiesOfSecretVersions('many-0')) versions.push(one.version);

    expect(versions).toHaveLength(4);
    expect(versions).toEqual([...versions].sort((a = '', b = '') => a.localeCompare(b)));
    expect((await raw('GET', '/secrets')).text).not.toContain('hidden-value');
    expect((await raw('GET', '/secrets/many-0/versions')).text).not.toContain('hidden-value');
    expect((await raw('GET', '/secrets?maxresults=26')).status).toBe(400);
  });

  it("refuses the name of a deleted secret with the service's errors until the secret is recovered", async () => {
    await vault.setSecret('secret', 'one');
    const poller = await vault.beginDeleteSecret('secret');

    const deleted = await poller.pollUntilDone();

    expect(deleted.properties.recoveryId).toBe(`${cloud.url}/deletedsecrets/secret`);
    expect(await failureOf(vault.getSecret('secret'))).toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    expect(await raw('PUT', '/secrets/secret', { value: 'two' })).toMatchObject({
      status: 409,
      body: { error: { code: 'Conflict', innererror: { code: 'ObjectIsBeingDeleted' } } },
    });
    expect((await raw('POST', '/deletedsecrets/secret/recover')).body).toMatchObject({
      error: { code: 'Conflict', innererror: { code: 'ObjectIsBeingDeleted' } },
    });

    clock.advance(11);

    const reply = await raw('PUT', '/secrets/secret', { value: 'two' });

    expect(reply.status).toBe(409);
    expect(reply.body).toEqual({
      error: {
        code: 'Conflict',
        message:
          'Secret secret is currently in a deleted but recoverable state, and its name cannot be reused; in this state, ' +
          'the secret can only be recovered or purged.',
        innererror: { code: 'ObjectIsDeletedButRecoverable' },
      },
    });

    await (await vault.beginRecoverDeletedSecret('secret')).pollUntilDone();
    expect((await vault.getSecret('secret')).value).toBe('one');
    expect(await raw('POST', '/deletedsecrets/secret/recover')).toMatchObject({
      status: 400,
      body: { error: { code: 'MethodNotAllowed' } },
    });
    expect(await failureOf(vault.getDeletedSecret('secret'))).toMatchObject({ statusCode: 404 });
  });

  it('deletes at once with the quick pace', async () => {
    cloud.running.plane.settings.pace = 'quick';
    await vault.setSecret('secret', 'one');
    await raw('DELETE', '/secrets/secret');

    expect((await raw('PUT', '/secrets/secret', { value: 'two' })).body).toMatchObject({
      error: { innererror: { code: 'ObjectIsDeletedButRecoverable' } },
    });
  });

  it.each([
    ['2016-10-01', undefined],
    ['7.0', undefined],
    ['7.1', 90],
    ['7.4', 90],
    ['2025-07-01', 90],
  ])('reports recoverableDays in api-version %s as %s', async (version, days) => {
    const authorization = `Bearer ${await cloud.token('operator', 'https://vault.azure.net')}`;
    const call = (method: string, path: string, body?: unknown) =>
      cloud.call(method, `${path}?api-version=${version}`, body, { authorization });

    const { body } = await call('PUT', '/secrets/secret', { value: 'one' });

    expect(body).toHaveProperty('attributes.recoveryLevel', 'Recoverable+Purgeable');
    expect((body as { attributes: { recoverableDays?: number } }).attributes.recoverableDays).toBe(days);

    const deleted = (await call('DELETE', '/secrets/secret')).body;
    expect((deleted as { attributes: { recoverableDays?: number } }).attributes.recoverableDays).toBe(days);
  });

  it('purges on request and after the retention, but not with purge protection', async () => {
    await vault.setSecret('first', 'one');
    await vault.setSecret('second', 'one');
    for (const name of ['first', 'second']) await (await vault.beginDeleteSecret(name)).pollUntilDone();
    cloud.running.plane.settings.purgeProtection = true;

    expect(await failureOf(vault.purgeDeletedSecret('first'))).toMatchObject({ statusCode: 403 });

    cloud.running.plane.settings.purgeProtection = false;
    await vault.purgeDeletedSecret('first');
    await vault.setSecret('first', 'again');
    clock.advance(11);
    const remaining = [];
    for await (const one of vault.listDeletedSecrets()) remaining.push(one.name);

    expect(remaining).toEqual(['second']);

    clock.advance(91 * 86_400);
    await cloud.vault('app').setSecret('second', 'again');
  });

  it('accepts 15 tags of 256 characters, and refuses more or longer ones', async () => {
    const tags = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`tag${index}`, 'v'.repeat(256)]));
    await vault.setSecret('tagged', 'x', { tags });

    expect(await failureOf(vault.setSecret('tagged', 'x', { tags: { ...tags, more: 'v' } }))).toMatchObject({
      statusCode: 400,
    });
    expect(await failureOf(vault.setSecret('tagged', 'x', { tags: { a: 'v'.repeat(257) } }))).toMatchObject({
      code: 'BadParameter',
    });

    const version = (await vault.getSecret('tagged')).properties.version ?? '';
    const update = vault.updateSecretProperties('tagged', version, { tags: { ['n'.repeat(257)]: 'v' } });

    expect(await failureOf(update)).toMatchObject({ statusCode: 400 });
  });

  it('refuses invalid names, values over 25 KB, an exp before nbf and unknown api-versions', async () => {
    expect((await raw('PUT', '/secrets/under_score', { value: 'x' })).status).toBe(400);
    expect((await raw('PUT', `/secrets/${'n'.repeat(128)}`, { value: 'x' })).status).toBe(400);
    expect((await raw('PUT', '/secrets/big', { value: 'x'.repeat(25 * 1024 + 1) })).status).toBe(400);
    expect((await raw('PUT', '/secrets/big', { value: 'x'.repeat(25 * 1024) })).status).toBe(200);
    expect((await raw('PUT', '/secrets/dates', { value: 'x', attributes: { nbf: 20, exp: 10 } })).status).toBe(400);
    expect((await raw('PUT', '/secrets/nothing', {})).status).toBe(400);

    const authorization = `Bearer ${await cloud.token('operator', 'https://vault.azure.net')}`;
    expect((await cloud.call('GET', '/secrets?api-version=1.0', undefined, { authorization })).status).toBe(400);
  });

  it('answers 404 SecretNotFound for unknown secrets and versions', async () => {
    await vault.setSecret('known', 'x');

    const failure = await failureOf(vault.getSecret('unknown'));

    expect(failure).toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
    expect(failure.message).toContain('A secret with (name/id) unknown was not found in this key vault.');
    expect(await failureOf(vault.getSecret('known', { version: 'f'.repeat(32) }))).toMatchObject({ statusCode: 404 });
    expect(await failureOf(vault.beginDeleteSecret('unknown'))).toMatchObject({ statusCode: 404 });
  });
});
