import { beforeAll, describe, expect, test } from 'vitest';
import { readHubKeys, signHubKeys, type HubPlace } from '@connected-registry/protocol/enrolment/hubKeys';
import { signingDevice, type SigningDevice } from '../../../../test/shared/signingDevice.js';

const PLACE: HubPlace = { hub: 'plant.azure-devices.net', device: 'edge-1' };
const MODULE: HubPlace = { ...PLACE, module: 'puller' };

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const partsOf = (jws: string) => {
  const [head = '', body = '', mac = ''] = jws.split('.');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  return { head: decode(head), body: decode(body), mac };
};

describe.each(['ES256', 'EdDSA'] as const)('keys of a twin with %s', (algorithm) => {
  let device: SigningDevice;
  let other: SigningDevice;
  beforeAll(async () => {
    [device, other] = await Promise.all([signingDevice(algorithm), signingDevice(algorithm)]);
  });
  const signed = (place = PLACE, sealing = device.keys.sealingKey) => signHubKeys(place, sealing, device.signer);

  test.each([PLACE, MODULE])('are those that their owner has signed for %o', async (place) => {
    const text = await signed(place);
    expect(text.length).toBeLessThan(1000);
    const { signingKey: signing, sealingKey: sealing } = device.keys;
    const found = { keys: { signing, sealing }, thumbprint: device.thumbprint };
    expect(await readHubKeys(text, place)).toEqual(found);
    expect(await readHubKeys(text, { ...place, hub: place.hub.toUpperCase() })).toEqual(found);
  });

  test('are none in another twin', async () => {
    const text = await signed();
    for (const place of [MODULE, { ...PLACE, device: 'EDGE-1' }, { ...PLACE, hub: 'other.azure-devices.net' }])
      expect(await readHubKeys(text, place)).toEqual({ fault: 'elsewhere' });
    expect(await readHubKeys(await signed(MODULE), PLACE)).toEqual({ fault: 'elsewhere' });
  });

  test.each([undefined, null, 7, '', {}, [], 'a.b.c', 'x'.repeat(5000), `${'A'.repeat(3000)}.${'A'.repeat(3000)}.A`])(
    'are not %o',
    async (value) => {
      expect(await readHubKeys(value, PLACE)).toEqual({ fault: 'malformed' });
    },
  );

  test('are none with another header or other claims', async () => {
    const { head, body, mac } = partsOf(await signed());
    const jwk = head['jwk'] as Record<string, unknown>;
    const heads = [
      { ...head, alg: 'none' },
      { ...head, alg: algorithm === 'ES256' ? 'EdDSA' : 'ES256' },
      { ...head, alg: 'HS256' },
      { ...head, typ: 'device-request+jwt' },
      { ...head, kid: 'k' },
      { ...head, jwk: { ...jwk, crv: 'P-384' } },
      { ...head, jwk: { ...jwk, d: 'A'.repeat(43) } },
    ];
    for (const one of heads)
      expect(await readHubKeys(`${encoded(one)}.${encoded(body)}.${mac}`, PLACE)).toEqual({ fault: 'malformed' });
    const sealing = { ...(body['sealing'] as object), crv: 'P-521' };
    for (const one of [
      { ...body, more: 1 },
      { ...body, sealing },
      { ...body, device: 7 },
    ])
      expect(await readHubKeys(`${encoded(head)}.${encoded(one)}.${mac}`, PLACE)).toEqual({ fault: 'malformed' });
  });

  test('are none without the private key', async () => {
    const { head, body, mac } = partsOf(await signed());
    const others = { ...body, sealing: other.keys.sealingKey };
    expect(await readHubKeys(`${encoded(head)}.${encoded(others)}.${mac}`, PLACE)).toEqual({ fault: 'unproven' });
    const theirs = { ...head, jwk: other.keys.signingKey };
    expect(await readHubKeys(`${encoded(theirs)}.${encoded(body)}.${mac}`, PLACE)).toEqual({ fault: 'unproven' });
  });

  test('are none if nothing can be sealed to them', async () => {
    const zero = `${'A'.repeat(42)}A`;
    const off = { kty: 'EC', crv: 'P-256', x: zero, y: zero } as const;
    expect(await readHubKeys(await signed(PLACE, off), PLACE)).toEqual({ fault: 'unusable' });
    const low = { kty: 'OKP', crv: 'X25519', x: zero } as const;
    expect(await readHubKeys(await signed(PLACE, low), PLACE)).toEqual({ fault: 'unusable' });
  });
});

test('one key for both is none', async () => {
  const { signer, keys } = await signingDevice('ES256');
  if (keys.signingKey.kty !== 'EC') throw new Error('It is an elliptic curve key.');
  expect(await readHubKeys(await signHubKeys(PLACE, keys.signingKey, signer), PLACE)).toEqual({ fault: 'unusable' });
});
