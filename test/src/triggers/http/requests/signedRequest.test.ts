import type { HttpRequest } from '@azure/functions';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_DEVICE_BODY } from '@connected-registry/protocol/enrolment/messages';
import { signatureAlgorithm, thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { devicePass, hashOfJoinToken, newJoinToken } from '../../../../../src/domain/enrolment/serverPasses.js';
import { inAuditScope } from '../../../../../src/audit/audit.js';
import { SignedRequests } from '../../../../../src/triggers/http/requests/signedRequest.js';
import { signingDevice, type SigningDevice } from '../../../../shared/signingDevice.js';
import { deviceRequest, type DeviceRequestParts } from '../../../fakes/devices/deviceRequest.js';
import { seen } from '../../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY } from '../../../fakes/answers/requests.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const keys = config().reportKeys;
const otherKeys = config({ REPORT_KEYS: `k1:${Buffer.alloc(32, 8).toString('base64url')}` }).reportKeys;
const client = { registry: 'myregistry', connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const LINE = { method: 'POST', path: '/api/devices/keys?a=%20b' };
const BODY = '{"text":"ä"}';

let device: SigningDevice;
let other: SigningDevice;
let pass: string;
beforeAll(async () => {
  [device, other] = await Promise.all([signingDevice('ES256'), signingDevice('EdDSA')]);
  pass = devicePass(keys, { client, thumbprint: device.thumbprint });
});
let requests: SignedRequests;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
  requests = new SignedRequests(keys);
});
afterEach(() => vi.useRealTimers());

const signed = async (changes: Partial<DeviceRequestParts> = {}, by = device, with_ = pass, now = NOW) => {
  const parts = { ...LINE, body: BODY };
  return deviceRequest({ ...parts, authorization: await by.sign(parts, with_, now), ...changes });
};
async function refusal(request: HttpRequest) {
  const lines: string[] = [];
  const scope = { log: (line: string) => void lines.push(line), actor: 'device' };
  const found = await inAuditScope(scope, () => requests.ofDevice(request));
  if (!('refusal' in found)) return { reason: undefined, resource: undefined };
  const { reason, resource } = JSON.parse(lines.join()) as { reason: string; resource: string };
  return { reason, resource, ...seen(found.refusal) };
}

describe('a request that a device signs', () => {
  test.each(['ES256', 'EdDSA'] as const)('is let in, and says whose it is (%s)', async (algorithm) => {
    const one = algorithm === 'ES256' ? device : other;
    const own = devicePass(keys, { client, thumbprint: one.thumbprint });
    expect(await requests.ofDevice(await signed({}, one, own))).toEqual({
      pass: { client, thumbprint: one.thumbprint },
      passText: own,
      signingKey: one.keys.signingKey,
      thumbprint: one.thumbprint,
      nonce: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) as unknown,
      body: BODY,
    });
  });

  test('may have no body', async () => {
    const line = { method: 'GET', path: '/api/devices/messages?wait=25' };
    const request = deviceRequest({ ...line, authorization: await device.sign(line, pass, NOW) });
    expect(await requests.ofDevice(request)).toMatchObject({ body: '' });
  });

  test('of another kind of pass is let in with any key', async () => {
    const { token } = newJoinToken(keys, client, 'a'.repeat(43));
    const found = await requests.ofJoiner(await signed({}, other, token));
    const sealing = await thumbprintOf(other.keys.sealingKey);
    expect(found).toMatchObject({
      pass: { client, hash: hashOfJoinToken(token), secret: token.split('.')[3], sealing },
      passText: token.split('.').slice(0, 3).join('.'),
      thumbprint: other.thumbprint,
    });
    expect(await requests.ofDevice(await signed({}, other, token))).toHaveProperty('refusal');
    expect(await requests.ofJoiner(await signed())).toHaveProperty('refusal');
  });

  test('does not carry the secret of a join token', async () => {
    const { token } = newJoinToken(keys, client, 'a'.repeat(43));
    const [, payload = ''] = (await device.sign({ ...LINE, body: BODY }, token, NOW)).split('.');
    const claims = Buffer.from(payload, 'base64url').toString();
    expect(claims).toContain(token.split('.')[1]);
    expect(claims).not.toContain(token.split('.')[3]);
  });

  /** What somebody signs who has seen the victim's request, and has not the token. */
  const forging =
    (change: (claims: Record<string, unknown>) => Record<string, unknown>, whose: 'own' | "the victim's" = 'own') =>
    async (token: string) => {
      const by = whose === 'own' ? other : device;
      const [, seen = ''] = (await device.sign({ ...LINE, body: BODY }, token, NOW)).split('.');
      const claims = change(JSON.parse(Buffer.from(seen, 'base64url').toString()) as Record<string, unknown>);
      const header = {
        typ: 'device-request+jwt',
        alg: signatureAlgorithm(by.keys.signingKey),
        jwk: by.keys.signingKey,
      } as const;
      return `Device ${await by.signer.sign(header, Buffer.from(JSON.stringify(claims)))}`;
    };
  const withProof = (join: object) => (claims: Record<string, unknown>) => ({
    ...claims,
    join: { ...(claims['join'] as object), ...join },
  });
  test.each<[string, (token: string) => Promise<string>]>([
    ['the proof for another signing key', forging((claims) => claims)],
    ['no proof', forging(({ join: _join, ...claims }) => claims)],
    ['the proof for another request', forging((claims) => ({ ...claims, nonce: 'N'.repeat(22) }), "the victim's")],
    ['another sealing key', forging(withProof({ sealing: 's'.repeat(43) }), "the victim's")],
    ['a proof of its own', forging(withProof({ mac: 'm'.repeat(43) }))],
    ['a short proof', forging(withProof({ mac: 'm' }))],
    ['the whole token for a pass', (token) => forging((claims) => ({ ...claims, pass: token }))(token)],
  ])('with a join token is refused with %s', async (_, forge) => {
    const { token } = newJoinToken(keys, client, 'a'.repeat(43));
    const authorization = await forge(token);
    expect(await requests.ofJoiner(deviceRequest({ ...LINE, body: BODY, authorization }))).toHaveProperty('refusal');
  });

  test('with a join token of another app is refused', async () => {
    const { token } = newJoinToken(otherKeys, client, 'a'.repeat(43));
    expect(await requests.ofJoiner(await signed({}, device, token))).toHaveProperty('refusal');
  });

  test.each<[string, string, () => Promise<HttpRequest>]>([
    ['malformed', 'without a signature', async () => deviceRequest({ ...LINE, body: BODY })],
    ['malformed', 'with text for a signature', () => signed({ authorization: 'Device a.b.c' })],
    ['pass', "with another device's pass", () => signed({}, other)],
    [
      'pass',
      'with a pass of another app',
      () => signed({}, device, devicePass(otherKeys, { client, thumbprint: device.thumbprint })),
    ],
    ['wrong-request', 'for another method', () => signed({ method: 'PUT' })],
    ['wrong-request', 'for another query', () => signed({ path: '/api/devices/keys?a=%20c' })],
    ['wrong-request', 'for a path in another case', () => signed({ path: '/api/Devices/keys?a=%20b' })],
    ['wrong-time', 'too late', () => signed({}, device, pass, new Date(NOW.getTime() - (CLOCK_WINDOW + 1) * 1000))],
    ['wrong-time', 'too early', () => signed({}, device, pass, new Date(NOW.getTime() + (CLOCK_WINDOW + 1) * 1000))],
    ['wrong-body', 'with another body', () => signed({ body: '{"text":"a"}' })],
    [
      'wrong-body',
      'without its body',
      async () => {
        const { body: _body, ...parts } = { ...LINE, body: BODY };
        return deviceRequest({ ...parts, authorization: await device.sign({ ...LINE, body: BODY }, pass, NOW) });
      },
    ],
  ])('is refused as %s: %s', async (reason, _, make) => {
    const found = await refusal(await make());
    expect(found).toMatchObject({
      reason,
      status: 401,
      headers: { 'www-authenticate': 'Device' },
      body: { code: 'device-signature', now: NOW.toISOString() },
    });
  });

  test('is refused with another signature', async () => {
    const authorization = await device.sign({ ...LINE, body: BODY }, pass, NOW);
    const [header, payload] = authorization.split('.');
    const later = (await device.sign({ ...LINE, body: BODY }, pass, NOW)).split('.')[2];
    expect((await refusal(await signed({ authorization: `${header}.${payload}.${later}` }))).reason).toBe(
      'wrong-signature',
    );
  });

  test('is let in once, also if both come at the same time', async () => {
    const authorization = await device.sign({ ...LINE, body: BODY }, pass, NOW);
    const both = await Promise.all([signed({ authorization }), signed({ authorization })]);
    const found = await Promise.all(both.map((request) => requests.ofDevice(request)));
    expect(found.filter((one) => 'refusal' in one)).toHaveLength(1);
    expect(await refusal(await signed({ authorization }))).toMatchObject({
      reason: 'replayed',
      status: 401,
      headers: { 'www-authenticate': 'Device' },
      body: { code: 'device-request-replayed', now: NOW.toISOString() },
    });
  });

  test('that is repeated a hundred times leaves the device what it may send', async () => {
    const authorization = await device.sign({ ...LINE, body: BODY }, pass, NOW);
    await refusal(await signed({ authorization }));
    for (let nth = 0; nth < 100; nth += 1)
      expect((await refusal(await signed({ authorization }))).reason).toBe('replayed');
    expect((await refusal(await signed())).reason).toBeUndefined();
  });

  test('beyond the limit is not remembered, and is let in when it comes again', async () => {
    for (let sent = 0; sent < 60; sent += 1) await refusal(await signed());
    const authorization = await device.sign({ ...LINE, body: BODY }, pass, NOW);
    expect((await refusal(await signed({ authorization }))).reason).toBe('too-many-requests');
    vi.setSystemTime(NOW.getTime() + 2000);
    expect((await refusal(await signed({ authorization }))).reason).toBeUndefined();
  });

  test('names the client in the audit once its pass is authentic, and the path before', async () => {
    expect((await refusal(await signed({ path: `/api/${'x'.repeat(500)}` }, other))).resource).toHaveLength(200);
    expect((await refusal(await signed({ method: 'GET' }))).resource).toMatch(/sensor-7/);
  });

  test('is refused beyond a number a minute, each device for itself', async () => {
    const answers = [];
    for (let sent = 0; sent < 61; sent += 1) answers.push(await refusal(await signed()));
    expect(answers.filter(({ reason }) => reason === undefined)).toHaveLength(60);
    expect(answers.at(-1)).toMatchObject({ status: 429, reason: 'too-many-requests', headers: { 'retry-after': '1' } });
    const own = devicePass(keys, { client, thumbprint: other.thumbprint });
    expect((await refusal(await signed({}, other, own))).reason).toBeUndefined();
  });

  test('is refused if its body is too large, which is not kept', async () => {
    const body = 'x'.repeat(MAX_DEVICE_BODY + 1);
    const request = deviceRequest({ ...LINE, body, authorization: await device.sign({ ...LINE, body }, pass, NOW) });
    expect(await refusal(request)).toMatchObject({ status: 413, reason: 'body-too-large' });
  });

  test('has no body read before it is authentic', async () => {
    const request = await signed({}, other);
    const read = vi.fn<() => null>();
    Object.defineProperty(request, 'body', { get: read });
    expect((await refusal(request)).reason).toBe('pass');
    expect(read).not.toHaveBeenCalled();
  });
});
