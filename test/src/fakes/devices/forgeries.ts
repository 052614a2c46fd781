import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { devicePass, newJoinToken } from '../../../../src/domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../../src/domain/pullCheck/reportKey.js';
import { signingDevice, type SigningDevice } from '../../../shared/signingDevice.js';
import type { DeviceRequestParts } from './deviceRequest.js';

/** What an enemy has: a device of its own that has joined, and what it has seen of others. */
export interface Enemy {
  readonly keys: ReportKeys;
  readonly victim: SigningDevice;
  readonly own: SigningDevice;
  readonly passes: { readonly victim: string; readonly own: string; readonly join: string; readonly elsewhere: string };
  /** Keys of kinds that no device has. */
  readonly strange: readonly { readonly algorithm: string; readonly jwk: JWK; readonly privateKey: CryptoKey }[];
}

export async function enemyOf(keys: ReportKeys, elsewhere: ReportKeys, client: ClientReference): Promise<Enemy> {
  const [victim, own] = await Promise.all([signingDevice('ES256'), signingDevice('EdDSA')]);
  const { thumbprint } = victim;
  const strange = await Promise.all(
    ['ES384', 'ES512', 'RS256', 'PS256'].map(async (algorithm) => {
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
      return { algorithm, privateKey, jwk: await exportJWK(publicKey) };
    }),
  );
  return {
    keys,
    victim,
    own,
    strange,
    passes: {
      victim: devicePass(keys, { client, thumbprint }),
      own: devicePass(keys, { client: { ...client, client: 'sensor-8' }, thumbprint: own.thumbprint }),
      join: newJoinToken(keys, client, 'r'.repeat(43)).token,
      elsewhere: devicePass(elsewhere, { client, thumbprint }),
    },
  };
}

/** A forged request, of which `text` and `number` choose the details. */
interface Details {
  readonly text: string;
  readonly number: number;
}
type Forge = (enemy: Enemy, line: Line, details: Details, now: Date) => Promise<DeviceRequestParts>;
type Line = Pick<DeviceRequestParts, 'method' | 'path'>;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (authorization: string) => authorization.slice('Device '.length).split('.') as [string, string, string];
const decoded = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
const joined = (...parts: readonly string[]) => `Device ${parts.join('.')}`;

/** Signs with the enemy's own key, and claims what it likes. */
async function claiming(
  { own }: Enemy,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [first, second] = [encoded(header), encoded(claims)];
  const jws = await own.signer.sign(
    { typ: 'device-request+jwt', alg: 'EdDSA', jwk: own.keys.signingKey },
    Buffer.from(second),
  );
  return joined(first, second, jws.split('.')[2] ?? '');
}

/** The victim's signature of another request than the one that is sent. */
const signedFor =
  (change: (line: Line, details: Details) => Line): Forge =>
  async ({ victim, passes }, line, details, now) => ({
    ...change(line, details),
    authorization: await victim.sign(line, passes.victim, now),
  });

/** Spellings that look like the path, or that some part of a server might take for it. */
export const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path.toUpperCase(),
  (path) => path.replace('devices', 'Devices'),
  (path) => path.replace('devices', '%64evices'),
  (path) => path.replace('devices', 'ｄevices'),
  (path) => path.replace('devices', 'devi\u0441es'),
  (path) => path.replace('/api/', '/api//'),
  (path) => path.replace('/api/', '/api/%2e%2e%2fapi/'),
  (path) => path.replace('?', '/?'),
  (path) => path.replace('?', '%3f'),
  (path) => path.replace('?', ';x=1?'),
  (path) => `${path}&`,
  (path) => `${path}%00`,
  (path) => path.replace('=', '%3D'),
];

/** Ways to forge a request, by their names. */
export const FORGERIES: Readonly<Record<string, Forge>> = {
  'without an algorithm': async ({ victim, passes }, line, { number }, now) => {
    const [header, payload, signature] = partsOf(await victim.sign(line, passes.victim, now));
    const none = encoded({ ...decoded(header), alg: ['none', 'None', '', null][number % 4] });
    return { ...line, authorization: joined(none, payload, number % 2 === 0 ? signature : 'AA') };
  },
  'with a key of another kind': async ({ victim, passes, strange }, line, { number }, now) => {
    const [, payload] = partsOf(await victim.sign(line, passes.victim, now));
    const key = strange[number % strange.length];
    if (!key) throw new Error('There are no strange keys.');
    const alg = number % 2 === 0 ? key.algorithm : 'ES256';
    const header = { typ: 'device-request+jwt', alg: key.algorithm, jwk: key.jwk };
    const jws = await new CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader(header)
      .sign(key.privateKey);
    return { ...line, authorization: joined(encoded({ ...header, alg }), payload, jws.split('.')[2] ?? '') };
  },
  'with the public key as a secret': async ({ victim, passes }, line, _details, now) => {
    const [header, payload] = partsOf(await victim.sign(line, passes.victim, now));
    const secret = await importJWK({ kty: 'oct', k: victim.keys.signingKey.x }, 'HS256');
    const jws = await new CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(secret);
    const claimed = encoded({ ...decoded(header), alg: 'HS256' });
    return { ...line, authorization: joined(claimed, payload, jws.split('.')[2] ?? '') };
  },
  "with another device's pass": async ({ own, passes }, line, { number }, now) => {
    const stolen = [passes.victim, passes.join, passes.elsewhere][number % 3] ?? '';
    return { ...line, authorization: await own.sign(line, stolen, now) };
  },
  "with the victim's key in the header": async (enemy, line, _details, now) => {
    const [header, payload] = partsOf(await enemy.victim.sign(line, enemy.passes.victim, now));
    return { ...line, authorization: await claiming(enemy, decoded(header), decoded(payload)) };
  },
  'with a pass that was changed': async (enemy, line, { number, text }, now) => {
    const parts = enemy.passes.own.split('.');
    const nth = number % parts.length;
    parts[nth] =
      [encoded([...Array.from({ length: 3 }, () => text), enemy.own.thumbprint]), text, '', 'crjoin1'][number % 4] ??
      '';
    return { ...line, authorization: await enemy.own.sign(line, parts.join('.') || 'x', now) };
  },
  'with additional members in the header': async ({ victim, passes }, line, { number }, now) => {
    const header = [
      { crit: ['b64'], b64: false },
      { kid: victim.thumbprint },
      { jku: 'https://elsewhere' },
      { zip: 'DEF' },
    ];
    const signer = {
      ...victim.signer,
      sign: (own: object, payload: Uint8Array) => sign({ ...own, ...header[number % 4] }, payload),
    };
    const sign = victim.signer.sign as (header: object, payload: Uint8Array) => Promise<string>;
    const [, payload] = partsOf(await victim.sign(line, passes.victim, now));
    const plain = { typ: 'device-request+jwt', alg: 'ES256', jwk: signer.publicKey };
    const jws = await sign(plain, Buffer.from(payload, 'base64url'));
    const [first, second, third] = jws.split('.');
    return {
      ...line,
      authorization: joined(encoded({ ...decoded(first ?? ''), ...header[number % 4] }), second ?? '', third ?? ''),
    };
  },
  'with claims that were changed': async ({ victim, passes }, line, { number, text }, now) => {
    const [header, payload, signature] = partsOf(await victim.sign(line, passes.victim, now));
    const claims = decoded(payload);
    const change = [
      { nonce: 'n'.repeat(22) },
      { iat: Math.floor(now.getTime() / 1000) - 1 },
      { pass: passes.own },
      { [text]: 1 },
    ];
    return { ...line, authorization: joined(header, encoded({ ...claims, ...change[number % 4] }), signature) };
  },
  'with a signature that was changed': async ({ victim, passes }, line, { number }, now) => {
    const [header, payload, signature] = partsOf(await victim.sign(line, passes.victim, now));
    const bytes = Buffer.from(signature, 'base64url');
    const at = number % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (number % 8));
    return { ...line, authorization: joined(header, payload, bytes.toString('base64url')) };
  },
  late: async ({ victim, passes }, line, { number }, now) => ({
    ...line,
    authorization: await victim.sign(line, passes.victim, new Date(now.getTime() - (CLOCK_WINDOW + 1 + number) * 1000)),
  }),
  early: async ({ victim, passes }, line, { number }, now) => ({
    ...line,
    authorization: await victim.sign(line, passes.victim, new Date(now.getTime() + (CLOCK_WINDOW + 1 + number) * 1000)),
  }),
  'for another method': signedFor((line, { number }) => ({
    ...line,
    method: ['POST', 'PUT', 'HEAD', 'get', 'DELETE'][number % 5] ?? '',
  })),
  'for another spelling of the path': signedFor(({ path, ...line }, { number }) => ({
    ...line,
    path: SPELLINGS[number % SPELLINGS.length]?.(path) ?? '',
  })),
  'for another query': signedFor(({ path, ...line }, { text }) => ({
    ...line,
    path: `${path}&${encodeURIComponent(text)}`,
  })),
  'for another body': async ({ victim, passes }, line, { text }, now) => ({
    ...line,
    authorization: await victim.sign({ ...line, body: `x${text}` }, passes.victim, now),
  }),
  'in another form': async ({ victim, passes }, line, { number, text }, now) => {
    const right = await victim.sign(line, passes.victim, now);
    const [header, payload, signature] = partsOf(right);
    const forms = [
      right.replace('Device', 'device'),
      right.replace('Device', 'Bearer'),
      right.replace(' ', '  '),
      `${right}, ${right}`,
      `${right}.${signature}`,
      `Device ${header}.${payload}`,
      `Device ${header}..${signature}`,
      `Device ${header}.${payload}=.${signature}`,
      `Device ${encoded(text)}.${payload}.${signature}`,
      `Device ${header}.${encoded([text])}.${signature}`,
      `Device ${Buffer.from(text).toString('base64url')}.${payload}.${signature}`,
    ];
    return { ...line, authorization: forms[number % forms.length] ?? '' };
  },
  'that is too large': async ({ victim }, line, { number }, now) => ({
    ...line,
    authorization: await victim.sign(line, 'p'.repeat(2049 + number * 10), now),
  }),
};

export const forgery = fc.record({
  kind: fc.constantFrom(...Object.keys(FORGERIES)),
  line: fc.constantFrom<Line>(
    { method: 'GET', path: '/api/devices/messages?wait=0' },
    { method: 'GET', path: '/api/devices/secrets?name=a-secret' },
  ),
  text: fc.string({ unit: 'grapheme', maxLength: 20 }),
  number: fc.nat(1000),
});
