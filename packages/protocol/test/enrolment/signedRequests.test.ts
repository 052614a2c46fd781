import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, UnsecuredJWT, type CryptoKey } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { signingKey, thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import {
  CLOCK_WINDOW,
  isBodyOf,
  readSignature,
  signerOf,
  signRequest,
  verifySignature,
  type RequestSigner,
} from '@connected-registry/protocol/enrolment/signedRequests';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const PARTS = { method: 'POST', path: '/api/devices/keys?x=1', body: '{"a":1}' };

interface Pair {
  readonly signer: RequestSigner;
  readonly privateKey: CryptoKey;
}

async function pair(algorithm: 'ES256' | 'EdDSA'): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const sign: RequestSigner['sign'] = (header, payload) =>
    new CompactSign(payload).setProtectedHeader({ ...header }).sign(privateKey);
  return { signer: { publicKey: signingKey.parse(await exportJWK(publicKey)), sign }, privateKey };
}

async function faultOf(authorization: string, parts: { method: string; path: string } = PARTS, now = NOW) {
  const signature = readSignature(authorization);
  return signature === undefined ? 'malformed' : verifySignature(signature, parts, now);
}

describe.each(['ES256', 'EdDSA'] as const)('a request signed with %s', (algorithm) => {
  let keys: Pair;
  let header: string;
  beforeAll(async () => {
    keys = await pair(algorithm);
    header = await signRequest(PARTS, 'the-pass', keys.signer, NOW);
  });

  it('is verified, and says who signed and with which pass', async () => {
    const signature = readSignature(header);
    expect(signature?.pass).toBe('the-pass');
    expect(await faultOf(header)).toBeUndefined();
    expect(signature && isBodyOf(signature, PARTS.body)).toBe(true);
    expect(signature && (await signerOf(signature))).toBe(await thumbprintOf(keys.signer.publicKey));
  });

  it('is refused for another method, path or body', async () => {
    expect(await faultOf(header, { ...PARTS, method: 'GET' })).toBe('wrong-request');
    expect(await faultOf(header, { ...PARTS, path: '/api/devices/keys?x=2' })).toBe('wrong-request');
    const signature = readSignature(header);
    expect(signature && isBodyOf(signature, '{"a":2}')).toBe(false);
  });

  it('is accepted within the window of time and refused outside', async () => {
    const at = (seconds: number) => faultOf(header, PARTS, new Date(NOW.getTime() + seconds * 1000));
    expect(await at(CLOCK_WINDOW)).toBeUndefined();
    expect(await at(-CLOCK_WINDOW)).toBeUndefined();
    expect(await at(CLOCK_WINDOW + 1)).toBe('wrong-time');
    expect(await at(-CLOCK_WINDOW - 1)).toBe('wrong-time');
  });

  it('is refused when any of its characters is changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom('A', 'Q', 'g', 'w', '.', '_'), async (at, character) => {
        const start = 'Device '.length;
        const index = start + (at % (header.length - start));
        if (header[index] === character) return;
        const changed = header.slice(0, index) + character + header.slice(index + 1);
        // The last character of a base64url text may have unused bits: then the signature's bytes are the same.
        const isSame = Buffer.from(changed.split('.')[2] ?? '', 'base64url').equals(
          Buffer.from(header.split('.')[2] ?? '', 'base64url'),
        );
        if (isSame && changed.split('.').slice(0, 2).join('.') === header.split('.').slice(0, 2).join('.')) return;
        expect(await faultOf(changed)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when another key is put into the header', async () => {
    const other = await pair(algorithm);
    const forged = await signRequest(
      PARTS,
      'the-pass',
      { publicKey: keys.signer.publicKey, sign: other.signer.sign },
      NOW,
    );
    expect(await faultOf(forged)).toBe('wrong-signature');
  });

  it('differs from the same request signed at the same time', async () => {
    expect(readSignature(await signRequest(PARTS, 'the-pass', keys.signer, NOW))?.nonce).not.toBe(
      readSignature(header)?.nonce,
    );
  });
});

describe('a header of another form', () => {
  it.each([
    ['nothing', null],
    ['another scheme', 'Bearer a.b.c'],
    ['no JWS', 'Device abc'],
    ['a text of 5 KB', `Device ${'a'.repeat(5000)}.b.c`],
    ['no JSON', 'Device YQ.YQ.YQ'],
  ])('is malformed: %s', (_name, header) => {
    expect(readSignature(header)).toBeUndefined();
  });

  const header = {
    typ: 'device-request+jwt',
    alg: 'ES256',
    jwk: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
  };
  const claims = { method: 'POST', path: PARTS.path, digest: 'x', iat: 1, nonce: 'A'.repeat(22), pass: 'p' };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const made = (head: unknown, body: unknown) => `Device ${encode(head)}.${encode(body)}.AAAA`;

  it('is read when each member is right, so that the cases below differ in one', () => {
    expect(readSignature(made(header, claims))).toBeDefined();
  });

  it.each([
    ['alg none', { ...header, alg: 'none' }],
    ['an algorithm with a shared key', { ...header, alg: 'HS256' }],
    ["another curve's algorithm", { ...header, alg: 'EdDSA' }],
    ['another type', { ...header, typ: 'JWT' }],
    ['a critical extension', { ...header, crit: ['b64'], b64: false }],
    ['a key by address', { ...header, jku: 'https://attacker.example/keys' }],
    ['a private key', { ...header, jwk: { ...header.jwk, d: 'A'.repeat(43) } }],
    ['a curve that is not allowed', { ...header, jwk: { ...header.jwk, crv: 'P-384' } }],
    ['no key', { typ: header.typ, alg: header.alg }],
  ])('is malformed: %s', (_name, changed) => {
    expect(readSignature(made(changed, claims))).toBeUndefined();
  });

  it.each(Object.keys(claims))('is malformed without the claim %s', (name) => {
    const rest = Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
    expect(readSignature(made(header, rest))).toBeUndefined();
  });

  it('is refused when the key is no point of its curve', async () => {
    const signature = readSignature(made(header, { ...claims, iat: NOW.getTime() / 1000 }));
    expect(signature && (await verifySignature(signature, PARTS, NOW))).toBe('wrong-signature');
  });

  it('is malformed when unsecured', () => {
    expect(readSignature(`Device ${new UnsecuredJWT({}).encode()}`)).toBeUndefined();
  });
});
