import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createCallers } from '../../../../src/azure/identity/callers.js';
import { config } from '../../fakes/answers/requests.js';

const OID = '6F1C2A34-0000-4000-8000-00000000000A';
const AUDIENCE = 'api://onboarding';
const TENANT = '7c1f2f7e-33e4-4a2c-9d3c-2f3a51b0e103';
const AUTHORITY = `https://login.microsoftonline.com/${TENANT}`;
const ISSUERS = { '1.0': `https://sts.windows.net/${TENANT}/`, '2.0': `${AUTHORITY}/v2.0` } as const;
const settings = config({ AZURE_TENANT_ID: TENANT, POLL_AUDIENCE: AUDIENCE });

let ours: CryptoKey;
let theirs: CryptoKey;
let jwks: object;
beforeAll(async () => {
  const pair = await generateKeyPair('RS256');
  ours = pair.privateKey;
  theirs = (await generateKeyPair('RS256')).privateKey;
  jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }] };
});

let asked: string[];
let answers: (url: string) => Response;
beforeEach(() => {
  asked = [];
  answers = (url) => {
    if (url.endsWith('/keys')) return Response.json(jwks);
    const version = url.includes('/v2.0/') ? '2.0' : '1.0';
    return Response.json({ issuer: ISSUERS[version], jwks_uri: `${AUTHORITY}/discovery/keys` });
  };
  vi.stubGlobal('fetch', async (url: string | URL) => {
    asked.push(String(url));
    return answers(String(url));
  });
});
afterEach(() => vi.unstubAllGlobals());

interface Token {
  readonly ver?: '1.0' | '2.0';
  readonly iss?: string;
  readonly aud?: string;
  readonly exp?: number;
  readonly key?: CryptoKey;
  readonly oid?: string | undefined;
}

function token({
  ver = '1.0',
  iss = ISSUERS[ver],
  aud = AUDIENCE,
  exp = Date.now() / 1000 + 600,
  key = ours,
  ...rest
}: Token = {}) {
  return new SignJWT({ ver, oid: 'oid' in rest ? rest.oid : OID })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .setIssuer(iss)
    .setAudience(aud)
    .setExpirationTime(Math.floor(exp))
    .sign(key);
}

test.each(['1.0', '2.0'] as const)('a token of version %s identifies its caller', async (ver) => {
  const callers = createCallers(settings);
  expect(await callers.identify(await token({ ver }))).toBe(OID.toLowerCase());
  expect(await callers.identify(await token({ ver }))).toBe(OID.toLowerCase());
  // Document and keys are read once.
  expect(asked).toHaveLength(2);
});

test.each<[string, () => Promise<string> | string]>([
  ['of another tenant', () => token({ iss: 'https://sts.windows.net/other/' })],
  ['whose issuer is of the other version', () => token({ ver: '2.0', iss: ISSUERS['1.0'] })],
  ['for another app', () => token({ aud: 'https://management.azure.com' })],
  ['that has ended', () => token({ exp: Date.now() / 1000 - 120 })],
  ['that somebody else has signed', () => token({ key: theirs })],
  ['without an object id', () => token({ oid: undefined })],
  ['whose object id is none', () => token({ oid: '__proto__' })],
  ['that is none', () => 'a.b.c'],
  ['without a signature', async () => `${(await token()).split('.').slice(0, 2).join('.')}.`],
  [
    'that says it needs none',
    async () => {
      const [, payload] = (await token()).split('.');
      return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload ?? ''}.`;
    },
  ],
])('a token %s identifies nobody', async (_, make) => {
  expect(await createCallers(settings).identify(await make())).toBeUndefined();
});

test('every caller is refused when no audience is set', async () => {
  expect(await createCallers(config()).identify(await token())).toBeUndefined();
  expect(asked).toEqual([]);
});

test('Entra that does not answer is no refusal, and is asked again', async () => {
  const callers = createCallers(settings);
  const before = answers;
  answers = () => new Response('', { status: 503 });
  await expect(callers.identify(await token())).rejects.toMatchObject({ kind: 'unavailable' });
  answers = before;
  expect(await callers.identify(await token())).toBe(OID.toLowerCase());
});
