import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  joinMacOf,
  openAsJoiner,
  sealToJoiner,
  splitJoinToken,
} from '@connected-registry/protocol/enrolment/joinToken';

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((one) => Buffer.from(one).toString('base64url'));
const part = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
const SECRET = 'A'.repeat(43);
const BINDING = { signing: 'S'.repeat(43), sealing: 'E'.repeat(43), nonce: 'N'.repeat(22) };
const derived = (info: string) => Buffer.from(hkdfSync('sha256', SECRET, '', info, 32));

describe('a join token', () => {
  it('is split into what is sent, and what is not', () => {
    fc.assert(
      fc.property(part, part, bytes, (content, id, secret) => {
        const presented = `crjoin1.${content}.${id}`;
        expect(splitJoinToken(`${presented}.${secret}`)).toEqual({ presented, secret });
      }),
    );
  });

  it.each([
    '',
    'crjoin1',
    'crjoin1.a.b',
    'crjoin1.a.b.',
    'crjoin1.a.b.c.d',
    'crpass1.a.b.c',
    'crjoin1.a.b.c\n',
    ' crjoin1.a.b.c',
  ])('is none: %j', (text) => {
    expect(splitJoinToken(text)).toBeUndefined();
  });
});

describe('a proof', () => {
  it('is the HMAC by a derived key over both thumbprints and the random value', () => {
    const expected = createHmac('sha256', derived('connected-registry join proof 1'))
      .update(`["${BINDING.signing}","${BINDING.sealing}","${BINDING.nonce}"]`)
      .digest('base64url');
    expect(joinMacOf(SECRET, BINDING)).toBe(expected);
    // Computed with another implementation of RFC 5869 and RFC 2104.
    expect(expected).toBe('e87az8bX-42sBUaq_usdF7dom6rOd-RWV6TEJoQztjI');
  });

  it('is another one for another secret, key or request', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (secret, signing, sealing, nonce) => {
        const all = [
          joinMacOf(SECRET, BINDING),
          joinMacOf(secret, BINDING),
          joinMacOf(SECRET, { ...BINDING, signing }),
          joinMacOf(SECRET, { ...BINDING, sealing }),
          joinMacOf(SECRET, { ...BINDING, nonce }),
          joinMacOf(SECRET, { ...BINDING, signing: BINDING.sealing, sealing: BINDING.signing }),
        ];
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

describe('an answer to a redemption', () => {
  it('is opened by whoever has the secret, and by nobody else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), bytes, bytes, async (text, secret, other) => {
        const sealed = await sealToJoiner(text, secret);
        expect(await openAsJoiner(sealed, secret)).toBe(text);
        await expect(openAsJoiner(sealed, other)).rejects.toThrow('decryption operation failed');
      }),
      { numRuns: 50 },
    );
  });

  it('was not changed', async () => {
    const sealed = await sealToJoiner('{"a":1}', SECRET);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom('A', 'Q', 'g'), async (at, character) => {
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        const bytesOf = (text: string) => text.split('.').map((one) => Buffer.from(one, 'base64url').toString('hex'));
        const [head] = sealed.split('.');
        // The last character of a part may have unused bits. The header is authenticated as text.
        if (changed.split('.')[0] === head && bytesOf(changed).join('.') === bytesOf(sealed).join('.')) return;
        await expect(openAsJoiner(changed, SECRET)).rejects.toThrow();
      }),
    );
  });

  it.each<[string, object, string]>([
    ['another type', { typ: 'JWT', alg: 'dir', enc: 'A256GCM' }, 'connected-registry join answer 1'],
    ['no type', { alg: 'dir', enc: 'A256GCM' }, 'connected-registry join answer 1'],
    ['the key of a proof', { typ: 'join-answer+jwe', alg: 'dir', enc: 'A256GCM' }, 'connected-registry join proof 1'],
    ['a wrapped key', { typ: 'join-answer+jwe', alg: 'A256KW', enc: 'A256GCM' }, 'connected-registry join answer 1'],
  ])('is none with %s', async (_case, header, info) => {
    const sealed = await new CompactEncrypt(Buffer.from('{}'))
      .setProtectedHeader(header as { alg: string; enc: string })
      .encrypt(derived(info));
    await expect(openAsJoiner(sealed, SECRET)).rejects.toThrow();
  });
});
