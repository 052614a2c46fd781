import { generateKeyPair, exportJWK, CompactEncrypt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { seal } from '@connected-registry/protocol/enrolment/sealing';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { joinedSecrets } from '../../src/joined/joinedDevice.js';
import { SecretMissing, type SecretReader } from '../../src/secrets/vault.js';
import { CLIENT } from '../under-test/fakeApp.js';
import { JoinedUnderTest } from '../under-test/joinedUnderTest.js';

const NAME = mainSecretName(CLIENT);
const VALUE = '{"auths":{"edge:8000":{"auth":"dTpwYXNzd29yZC1vZi10aGUtc2VjcmV0"}}}';

const NOT_SEALED = 'the answer is not sealed, or is too large';
const NOT_OURS = 'what was sealed is not an answer of the app to this request';

let it: JoinedUnderTest;
let secrets: SecretReader;
beforeEach(async () => {
  it = await JoinedUnderTest.create();
  it.app.addSecret(NAME, VALUE);
  it.app.addSecret(NAME, `${VALUE} `);
  secrets = await joinedSecrets({ folder: it.folder, timeout: 2_000 }, it.clock);
});
afterEach(() => it.close());

const read = (version?: string, name = NAME) => secrets.read(name, version, AbortSignal.timeout(20_000));
const failure = (version?: string, name = NAME) =>
  read(version, name).then(
    ({ value }) => ({ message: `read ${value}` }),
    (error: unknown) => error,
  );
const unavailable = (message: string) => ({ outcome: 'secret-unavailable', message });

describe('a sealed secret', () => {
  test('is read in the newest or in one version, in any case of its name', async () => {
    expect(await read()).toMatchObject({ name: NAME, version: 'v2', value: `${VALUE} `, tags: { client: 'device-1' } });
    expect(await read('v1', NAME.toUpperCase())).toMatchObject({ version: 'v1', value: VALUE });
    expect(seenSecrets.holds('password-of-the-secret')).toBe(true);
  });

  test('that does not exist is missing', async () => {
    expect(await failure('v9')).toBeInstanceOf(SecretMissing);
    expect(await failure(undefined, 'another')).toBeInstanceOf(SecretMissing);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['of another name', { name: 'another' }, /another secret or version/],
    ['of another version', { version: 'v1' }, /another secret or version/],
    ['without a value', { value: undefined }, /not a secret/],
    ['with a time that is none', { createdOn: 'yesterday' }, /not a secret/],
  ])('%s is not used', async (_case, changes, message) => {
    it.app.sealed = (secret) => ({ ...secret, ...changes });
    expect(await failure('v2')).toMatchObject(unavailable(expect.stringMatching(message) as unknown as string));
  });

  test.each<[string, { channelKey?: string; nonce?: string; kind?: 'messages' }]>([
    ['that somebody else has sealed to the device', { channelKey: 'c'.repeat(43) }],
    ['that answers another request', { nonce: 'n'.repeat(22) }],
    ['of another kind', { kind: 'messages' }],
  ])('%s is not used', async (_case, forged) => {
    it.app.forged = forged;
    expect(await failure()).toMatchObject(unavailable(NOT_OURS));
    it.app.forged = {};
    expect(await read()).toMatchObject({ version: 'v2' });
  });

  test('that was sent before is not used again', async () => {
    let sent: string | undefined;
    it.app.override = (request, response) => {
      if (sent !== undefined) {
        response.end(sent);
        return true;
      }
      void request;
      const end = response.end.bind(response);
      response.end = ((text: string) => ((sent = text), end(text))) as typeof response.end;
      return false;
    };
    await read();
    expect(sent).toBeDefined();
    expect(await failure()).toMatchObject(unavailable(NOT_OURS));
  });

  test('of an impossible version is not used as the newest', async () => {
    it.app.sealed = (secret) => ({ ...secret, version: '../x' });
    expect(await failure()).toMatchObject(unavailable('the app sealed a secret with an invalid version'));
  });

  test('of another client is refused', async () => {
    it.app.tags = { ...it.app.tags, client: 'device-2' };
    expect(await failure()).toMatchObject({ outcome: 'secret-invalid' });
  });

  test('that is sealed to another key is not opened', async () => {
    const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
    it.app.sealTo = sealingKey.parse(await exportJWK(publicKey));
    expect(await failure()).toMatchObject(unavailable("it is sealed to another key than the device's"));
  });
});

describe('an answer', () => {
  const answering = (status: number, body: string, headers: Record<string, string> = {}) => {
    it.app.override = (_request, response) => {
      response.writeHead(status, headers).end(body);
      return true;
    };
  };

  test('that says it is for the device’s key, and is not, is not opened', async () => {
    const own = it.app.joined?.keys.sealing;
    if (!own) throw new Error('nobody has joined');
    const [head] = (await seal('{}', own)).split('.');
    const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
    const other = await seal('{}', sealingKey.parse(await exportJWK(publicKey)));
    answering(200, JSON.stringify({ sealed: [head, ...other.split('.').slice(1)].join('.') }));
    expect(await failure()).toMatchObject(
      unavailable(expect.stringContaining('cannot be opened') as unknown as string),
    );
  });

  test('with a weaker algorithm is not opened', async () => {
    const own = it.app.joined?.keys.sealing;
    if (!own) throw new Error('nobody has joined');
    const { importJWK } = await import('jose');
    const { thumbprintOf } = await import('@connected-registry/protocol/enrolment/deviceKeys');
    const header = { alg: 'ECDH-ES', enc: 'A128CBC-HS256', kid: await thumbprintOf(own) };
    const sealed = await new CompactEncrypt(Buffer.from('{}'))
      .setProtectedHeader(header)
      .encrypt(await importJWK(own, 'ECDH-ES'));
    answering(200, JSON.stringify({ sealed }));
    expect(await failure()).toMatchObject(
      unavailable(expect.stringContaining('cannot be opened') as unknown as string),
    );
  });

  test.each<[string, number, string, string]>([
    ['that is no JSON', 200, 'text', NOT_SEALED],
    ['that is no JWE', 200, '{"sealed":"a.b.c"}', 'what was sealed is not a JWE'],
    ['with nothing sealed', 200, JSON.stringify({ value: VALUE }), NOT_SEALED],
    ['that is too large', 200, `{"sealed":"${'x'.repeat(200_000)}"}`, NOT_SEALED],
    ['of something else on the way', 404, '<html>', 'the app did not return the secret (404)'],
    ['with 403', 403, '{}', 'the app refused the device (403)'],
    ['with 500', 500, '{}', 'the app did not return the secret (500)'],
    ['of an ended key', 403, '{"code":"device-key-ended"}', "the device's key has ended; it must join again"],
  ])('%s is not used', async (_case, status, body, message) => {
    answering(status, body);
    expect(await failure()).toMatchObject({ ...unavailable(message), name: 'PullFailure' });
  });

  test('that redirects is not followed', async () => {
    const other = await JoinedUnderTest.create();
    answering(307, '', { location: other.app.url });
    const before = other.app.asked.length;
    expect(await failure()).toMatchObject(unavailable('the app did not return the secret (307)'));
    expect(other.app.asked).toHaveLength(before);
    await other.close();
  });

  test('that does not come is waited for as long as an answer may take', async () => {
    it.app.override = () => true;
    secrets = await joinedSecrets({ folder: it.folder, timeout: 50 }, it.clock);
    expect(await failure()).toMatchObject(
      unavailable(expect.stringContaining('the app did not answer') as unknown as string),
    );
  });
});
