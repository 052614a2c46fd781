import { gzipSync } from 'node:zlib';
import { MAX_DEVICE_BODY } from '@connected-registry/protocol/enrolment/messages';
import type { SigningDevice } from '../../../../shared/signingDevice.js';
import {
  asks,
  goodRequest,
  pick,
  redemptionBy,
  renewalTo,
  requestOf,
  type Family,
  type Headers,
  type Line,
} from '../forging.js';
import type { JoinedParty } from '../scene.js';
import type { RawRequest } from '../rawRequest.js';

/** A renewal by a party, with another proof than the right one. */
async function renewal(
  { device, pass }: JoinedParty,
  line: Line,
  now: Date,
  proof: Headers['proof'],
): Promise<{ readonly request: RawRequest }> {
  const authorization = await device.sign(line, pass, now);
  return { request: requestOf(line, { authorization, ...(proof !== undefined && { proof }) }) };
}

const withKeys = (line: Line, keys: unknown): Line => ({ ...line, body: JSON.stringify(keys) });

/** Keys that the app must not take. */
const KEYS: readonly [
  (next: SigningDevice, own: SigningDevice) => unknown,
  ...((next: SigningDevice, own: SigningDevice) => unknown)[],
] = [
  ({ keys }) => ({ ...keys, signingKey: { ...keys.signingKey, d: 'A'.repeat(43) } }),
  ({ keys }) => ({ ...keys, sealingKey: { ...keys.sealingKey, d: 'A'.repeat(43) } }),
  ({ keys }) => ({ ...keys, sealingKey: { kty: 'oct', k: 'A'.repeat(43) } }),
  ({ keys }) => ({ ...keys, sealingKey: keys.signingKey }),
  ({ keys }) => ({ ...keys, sealingKey: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) } }),
  ({ keys }) => ({ ...keys, signingKey: { kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) } }),
  ({ keys }) => ({ ...keys, signingKey: { ...keys.signingKey, kid: 'one' } }),
  ({ keys }) => ({ ...keys, more: true }),
  ({ keys: { signingKey } }) => ({ signingKey }),
  (_next, { keys }) => keys,
  ({ keys }) => [keys],
  () => null,
];

/** Requests whose signature is right, and whose body or further proof is not. */
export const BODIES: readonly Family[] = [
  {
    name: 'with another body',
    reasons: ['wrong-body'],
    async forge({ victim, own, stranger }, dice, now) {
      const line = renewalTo(stranger);
      const { body } = line;
      const request = await goodRequest(victim, line, now);
      const at = dice.whole(0, body.length - 1);
      return {
        request: {
          ...request,
          body: pick<string | Uint8Array>(dice, [
            JSON.stringify(own.device.keys),
            `${body.slice(0, at)}${body[at] === 'A' ? 'B' : 'A'}${body.slice(at + 1)}`,
            `${body} `,
            `\ufeff${body}`,
            JSON.stringify(Object.fromEntries(Object.entries(stranger.keys).toReversed())),
            Buffer.from(body, 'utf16le'),
            Buffer.concat([Buffer.from(body), Buffer.from([0xff])]),
            body.slice(0, at),
            '',
          ]),
        },
      };
    },
  },
  {
    name: 'with a body in another encoding',
    reasons: ['wrong-body'],
    async forge({ victim, stranger }, dice, now) {
      const line = renewalTo(stranger);
      const request = await goodRequest(victim, line, now);
      const coding = pick(dice, ['gzip', 'x-gzip', 'deflate']);
      return {
        request: { ...request, headers: [...request.headers, ['content-encoding', coding]], body: gzipSync(line.body) },
      };
    },
  },
  {
    name: 'whose body was taken away',
    reasons: ['wrong-body'],
    async forge({ victim }, dice, now) {
      const line = asks(dice, victim);
      const authorization = await victim.device.sign({ ...line, body: '{}' }, victim.pass, now);
      return { request: requestOf(line, { authorization }) };
    },
  },
  {
    name: 'with a body that is too large',
    reasons: ['body-too-large'],
    async forge({ own, stranger }, dice, now) {
      const line = renewalTo(stranger);
      const body = JSON.stringify({
        ...stranger.keys,
        more: 'x'.repeat(dice.whole(MAX_DEVICE_BODY, 4 * MAX_DEVICE_BODY)),
      });
      return { request: await goodRequest(own, { ...line, body }, now) };
    },
  },
  {
    name: 'that renews without the proof of the new key',
    reasons: ['invalid-request'],
    async forge({ own, victim, stranger }, dice, now) {
      const { device, pass } = own;
      const line = renewalTo(pick(dice, [stranger, victim.device]));
      const by = (one: SigningDevice, given: Line = line, its = pass, then = now) => one.sign(given, its, then);
      const proof = pick(dice, [
        undefined,
        '',
        'Device a.b.c',
        await by(device),
        await by(victim.device, renewalTo(stranger)),
        await by(stranger, { ...line, path: `${line.path}?` }),
        await by(stranger, { ...line, method: 'PUT' }),
        await by(stranger, line, victim.pass),
        await by(stranger, line, pass, new Date(now.getTime() - 3_600_000)),
        `${await by(stranger)}x`,
      ]);
      return renewal(own, line, now, proof);
    },
  },
  {
    name: 'that renews with keys that are none',
    reasons: ['invalid-request'],
    async forge({ own, stranger }, dice, now) {
      const line = withKeys(renewalTo(stranger), pick(dice, KEYS)(stranger, own.device));
      return renewal(own, line, now, await stranger.sign(line, own.pass, now));
    },
  },
  {
    name: 'that joins with keys that are none, or that it has not proven',
    reasons: ['invalid-request'],
    async forge({ open, own, stranger }, dice, now) {
      const { signingKey, sealingKey } = stranger.keys;
      const keys = pick<unknown>(dice, [
        pick(dice, KEYS)(stranger, own.device),
        { signingKey: own.device.keys.signingKey, sealingKey },
        { signingKey, sealingKey: own.device.keys.sealingKey },
      ]);
      const line = withKeys(redemptionBy(stranger), keys);
      return { request: requestOf(line, { authorization: await stranger.sign(line, open, now) }) };
    },
  },
];
