import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinMacOf, splitJoinToken, type ProvenJoin } from '@connected-registry/protocol/enrolment/joinToken';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import {
  admissionOf,
  channelKeyOf,
  devicePass,
  hashOfJoinToken,
  isOfSigningKey,
  JOIN_TOKEN_BYTES,
  newJoinToken,
  proveJoinToken,
  readDevicePass,
} from '../../../../src/domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../../src/domain/pullCheck/reportKey.js';

const serverKey = (id: string, fill: number) => ({ id, secret: Buffer.alloc(32, fill) });
const signing = serverKey('k2', 2);
const before = serverKey('k1', 1);
const keys: ReportKeys = { signing, all: [signing, before] };
const earlier: ReportKeys = { signing: before, all: [before] };

const client = { registry: 'myregistry', connectedRegistry: 'shop12', client: 'sensor-7' };
const random = () => randomBytes(JOIN_TOKEN_BYTES).toString('base64url');
const thumbprint = 'x'.repeat(43);
const references = fc.record({
  registry: fc.stringMatching(NAME_RULES.registry),
  connectedRegistry: fc.stringMatching(NAME_RULES.connectedRegistry),
  client: fc.stringMatching(NAME_RULES.client),
});

/** What a device proves with a text that may be a join token. */
function proven(by: ReportKeys, text: string, changes: Partial<ProvenJoin> = {}) {
  const parts = splitJoinToken(text);
  if (!parts) return undefined;
  const binding = { signing: 's'.repeat(43), sealing: 'e'.repeat(43), nonce: 'n'.repeat(22) };
  return proveJoinToken(by, parts.presented, { ...binding, ...changes, mac: joinMacOf(parts.secret, binding) });
}
const clientOfJoinToken = (by: ReportKeys, text: string) => proven(by, text)?.client;

describe('a join token', () => {
  test('names its client, also after the server key was replaced', () => {
    fc.assert(
      fc.property(references, (reference) => {
        const { token, hash } = newJoinToken(earlier, reference, random());
        expect(clientOfJoinToken(keys, token)).toEqual(reference);
        expect(hash).toBe(hashOfJoinToken(token));
        expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
      }),
    );
  });

  test('is another one each time, and is redacted from logs', () => {
    const tokens = Array.from({ length: 50 }, () => newJoinToken(keys, client, random()).token);
    expect(new Set(tokens).size).toBe(50);
    expect(seenSecrets.redact(`token ${tokens[0]}`)).not.toContain(tokens[0]);
  });

  test('is refused with one character changed, cut off or added', () => {
    const { token } = newJoinToken(keys, client, random());
    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A';
      expect(clientOfJoinToken(keys, token.slice(0, index) + other + token.slice(index + 1))).toBeUndefined();
      expect(clientOfJoinToken(keys, token.slice(0, index))).toBeUndefined();
    }
    for (const more of ['A', '=', '.', '.A', '\n']) expect(clientOfJoinToken(keys, token + more)).toBeUndefined();
  });

  test('of a removed server key, of another installation, or of no form is refused', () => {
    const { token } = newJoinToken(keys, client, random());
    const others: ReportKeys = { signing: serverKey('k2', 9), all: [serverKey('k2', 9)] };
    expect([clientOfJoinToken(earlier, token), clientOfJoinToken(others, token)]).toEqual([undefined, undefined]);
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        expect(clientOfJoinToken(keys, text)).toBeUndefined();
      }),
    );
  });
});

describe('a proof of a join token', () => {
  test('says what is kept of the token, and its secret, which was not sent', () => {
    const { token, hash } = newJoinToken(keys, client, random());
    expect(proven(keys, token)).toEqual({ client, hash, secret: token.split('.')[3] });
  });

  test.each(['signing', 'sealing', 'nonce'] as const)('for another %s is none', (name) => {
    const { token } = newJoinToken(keys, client, random());
    expect(proven(keys, token, { [name]: 'x'.repeat(43) })).toBeUndefined();
  });

  test('has its secret redacted from logs on its own', () => {
    const [, , , secret = ''] = newJoinToken(keys, client, random()).token.split('.');
    expect(seenSecrets.redact(`mac ${secret}`)).not.toContain(secret);
  });

  test('that somebody makes without the secret is none', () => {
    const { token } = newJoinToken(keys, client, random());
    const { presented = '' } = splitJoinToken(token) ?? {};
    fc.assert(
      fc.property(fc.base64String(), fc.string({ maxLength: 50 }), (secret, mac) => {
        const binding = { signing: thumbprint, sealing: thumbprint, nonce: 'n'.repeat(22) };
        expect(proveJoinToken(keys, presented, { ...binding, mac: joinMacOf(secret, binding) })).toBeUndefined();
        expect(proveJoinToken(keys, presented, { ...binding, mac })).toBeUndefined();
        expect(proveJoinToken(keys, token, { ...binding, mac })).toBeUndefined();
      }),
    );
  });
});

describe('a channel key', () => {
  const admission = admissionOf(keys, { client, thumbprint });

  test('is the one of its pass: of client, key of the device and server key, and is no MAC of another kind', () => {
    expect(channelKeyOf(keys, admission.pass)).toBe(admission.channelKey);
    const others = [
      admissionOf(keys, { client, thumbprint: 'y'.repeat(43) }),
      admissionOf(keys, { client: { ...client, client: 'sensor-8' }, thumbprint }),
      admissionOf(earlier, { client, thumbprint }),
    ];
    const all = [admission, ...others].map(({ channelKey }) => channelKey);
    expect(new Set(all).size).toBe(4);
    for (const one of all) expect(one).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(admission.pass).not.toContain(admission.channelKey);
  });

  test('of a pass by the earlier server key stays the same, as long as that key is there', () => {
    const before = admissionOf(earlier, { client, thumbprint });
    expect(channelKeyOf(keys, before.pass)).toBe(before.channelKey);
  });

  test('exists for no text that is not a pass, and is redacted from logs', () => {
    expect(() => channelKeyOf(earlier, admission.pass)).toThrow('not authentic');
    expect(() => channelKeyOf(keys, `${admission.pass}x`)).toThrow('not authentic');
    expect(seenSecrets.redact(admission.channelKey)).toBe('[redacted]');
  });
});

describe('a device pass', () => {
  test('is the same for the same key, and says which key may use it', () => {
    const pass = devicePass(keys, { client, thumbprint });
    expect(devicePass(keys, { client, thumbprint })).toBe(pass);
    expect(readDevicePass(keys, pass)).toEqual({ client, thumbprint });
    expect(devicePass(keys, { client, thumbprint: 'y'.repeat(43) })).not.toBe(pass);
  });

  test('is no join token, and a join token is no pass', () => {
    const { token } = newJoinToken(keys, client, random());
    expect(readDevicePass(keys, token)).toBeUndefined();
    expect(readDevicePass(keys, token.replace('crjoin1', 'crpass1'))).toBeUndefined();
    expect(clientOfJoinToken(keys, devicePass(keys, { client, thumbprint }))).toBeUndefined();
  });

  test('of the earlier server key is read, and recognised as one to replace', () => {
    const pass = devicePass(earlier, { client, thumbprint });
    expect(readDevicePass(keys, pass)).toEqual({ client, thumbprint });
    expect([isOfSigningKey(keys, pass), isOfSigningKey(earlier, pass)]).toEqual([false, true]);
    expect(isOfSigningKey(keys, devicePass(keys, { client, thumbprint }))).toBe(true);
  });
});
