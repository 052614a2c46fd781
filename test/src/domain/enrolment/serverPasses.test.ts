import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import {
  clientOfJoinToken,
  devicePass,
  hashOfJoinToken,
  isOfSigningKey,
  JOIN_TOKEN_BYTES,
  newJoinToken,
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
      fc.property(fc.string({ maxLength: 2000 }), (text) => expect(clientOfJoinToken(keys, text)).toBeUndefined()),
    );
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
