import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { sealingKey, thumbprintOf } from '@connected-registry/protocol/enrolment/deviceKeys';
import { open, seal } from '@connected-registry/protocol/enrolment/sealing';

async function pair(crv: 'P-256' | 'X25519') {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', { crv, extractable: true });
  return { publicKey: sealingKey.parse(await exportJWK(publicKey)), privateKey };
}

describe.each(['P-256', 'X25519'] as const)('a text sealed to a key of %s', (crv) => {
  it('is opened by its private key alone', async () => {
    const [device, other] = [await pair(crv), await pair(crv)];
    const sealed = await seal('{"password":"a b c ä"}', device.publicKey);
    expect(await open(sealed, device.privateKey)).toBe('{"password":"a b c ä"}');
    await expect(open(sealed, other.privateKey)).rejects.toThrow();
  });

  it('names the key and never looks the same twice', async () => {
    const { publicKey } = await pair(crv);
    const sealed = await seal('text', publicKey);
    const header: unknown = JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString());
    expect(header).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: await thumbprintOf(publicKey) });
    expect(await seal('text', publicKey)).not.toBe(sealed);
  });

  it('is refused when changed, or sealed with another algorithm', async () => {
    const { publicKey, privateKey } = await pair(crv);
    const parts = (await seal('text', publicKey)).split('.');
    const turned = [...parts.slice(0, 3), 'AAAA', parts[4]].join('.');
    await expect(open(turned, privateKey)).rejects.toThrow();
    const direct = await new CompactEncrypt(new TextEncoder().encode('text'))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM' })
      .encrypt(publicKey);
    await expect(open(direct, privateKey)).rejects.toThrow();
  });
});

describe('a sealing key', () => {
  it('is refused when it is no point of its curve', async () => {
    await expect(seal('text', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) })).rejects.toThrow();
  });

  it.each([
    ['a private key', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43), d: 'A'.repeat(43) }],
    ['a signing curve', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }],
    ['a short coordinate', { kty: 'OKP', crv: 'X25519', x: 'A' }],
  ])('is refused: %s', (_name, key) => {
    expect(sealingKey.safeParse(key).success).toBe(false);
  });
});
