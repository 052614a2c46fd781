import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  inEnvelope,
  sealAnswer,
  verifyAnswer,
  type AnswerScope,
} from '@connected-registry/protocol/enrolment/authenticAnswers';
import { sealingKey, type SealingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { KEY_AGREEMENT, open } from '@connected-registry/protocol/enrolment/sealing';

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((one) => Buffer.from(one).toString('base64url'));
const nonce = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((one) => Buffer.from(one).toString('base64url'));
const kind = fc.constantFrom<AnswerScope['kind']>('join', 'keys', 'messages', 'secret');
const KEY = 'A'.repeat(43);
const SCOPE: AnswerScope = { kind: 'messages', nonce: 'N'.repeat(22) };

let device: { readonly key: SealingKey; readonly secret: CryptoKey };
beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair(KEY_AGREEMENT, { crv: 'X25519', extractable: true });
  device = { key: sealingKey.parse(await exportJWK(publicKey)), secret: privateKey };
});

describe('an answer', () => {
  it('is read by the device as the app has said it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), kind, nonce, bytes, async (content, of, value, channelKey) => {
        const sealed = await sealAnswer(content, of, { sealingKey: device.key, channelKey, nonce: value });
        const jws = await open(sealed, device.secret);
        const verified = await verifyAnswer(jws, { kind: of, nonce: value }, channelKey);
        expect(JSON.stringify(verified?.content)).toBe(JSON.stringify(content));
      }),
      { numRuns: 50 },
    );
  });

  it('is none to another request, of another kind, or by another key', async () => {
    const sealed = await sealAnswer({}, SCOPE.kind, { sealingKey: device.key, channelKey: KEY, nonce: SCOPE.nonce });
    const jws = await open(sealed, device.secret);
    expect(await verifyAnswer(jws, SCOPE, KEY)).toEqual({ content: {} });
    await fc.assert(
      fc.asyncProperty(kind, nonce, bytes, async (of, value, key) => {
        const asKind = await verifyAnswer(jws, { ...SCOPE, kind: of }, KEY);
        expect(asKind !== undefined).toBe(of === SCOPE.kind);
        expect(await verifyAnswer(jws, { ...SCOPE, nonce: value }, KEY)).toBeUndefined();
        expect(await verifyAnswer(jws, SCOPE, key)).toBeUndefined();
      }),
    );
  });

  const key = Buffer.from(KEY, 'base64url');
  const text = inEnvelope({}, SCOPE);
  const signed = (header: object, payload = text, by: Uint8Array = key) =>
    new CompactSign(Buffer.from(payload)).setProtectedHeader(header as { alg: string }).sign(by);
  const content = [{ alg: 'HS512', typ: 'device-answer+jws' }, JSON.parse(text) as object]
    .map((one) => Buffer.from(JSON.stringify(one)).toString('base64url'))
    .join('.');
  const signedWithSha512 = `${content}.${createHmac('sha512', key).update(content).digest('base64url')}`;
  it.each<[string, () => Promise<string> | string]>([
    ['without a type', () => signed({ alg: 'HS256' })],
    ['of another type', () => signed({ alg: 'HS256', typ: 'JWT' })],
    ['of another algorithm', () => signedWithSha512],
    [
      'with more',
      () => signed({ alg: 'HS256', typ: 'device-answer+jws' }, JSON.stringify({ ...SCOPE, content: {}, more: 1 })),
    ],
    ['that is no JSON', () => signed({ alg: 'HS256', typ: 'device-answer+jws' }, 'text')],
    ['that is no JWS', () => text],
    [
      'without a signature',
      () =>
        [{ alg: 'none', typ: 'device-answer+jws' }, JSON.parse(text) as object]
          .map((one) => Buffer.from(JSON.stringify(one)).toString('base64url'))
          .join('.') + '.',
    ],
  ])('is none: %s', async (_case, make) => {
    expect(await verifyAnswer(await make(), SCOPE, KEY)).toBeUndefined();
  });
});
