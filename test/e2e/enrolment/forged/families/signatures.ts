import { CLOCK_WINDOW } from '@connected-registry/protocol/enrolment/signedRequests';
import { SPELLINGS } from '../../../../src/fakes/devices/forgeries.js';
import {
  asks,
  goodRequest,
  joined,
  membersOf,
  partsOf,
  pick,
  redemptionBy,
  renewalTo,
  requestOf,
  signedAs,
  type Family,
  type Line,
} from '../forging.js';
import { changed } from './passes.js';

/**
 * The order of P-256: with (r, s) also (r, n - s) is a signature. Source: FIPS 186-5, section 6.4; SEC 2, section
 * 2.4.2.
 */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Another signature by the same key over the same text, which everybody can make of it. */
function otherForm(authorization: string, nth: number): string {
  const [header, claims, signature] = partsOf(authorization);
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = (ORDER - s).toString(16).padStart(64, '0');
  const mirrored = Buffer.concat([bytes.subarray(0, 32), Buffer.from(other, 'hex')]).toString('base64url');
  // The last character of 64 bytes has four bits that decoders ignore. Source: RFC 4648, section 3.5.
  const ignored = `${signature.slice(0, -1)}${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[signature.slice(-1)] ?? ''}`;
  return joined(header, claims, nth === 0 ? mirrored : ignored);
}

/**
 * Hosts decode letters before the app sees a path, which makes no other path of it. Source: RFC 3986, section 6.2.2.2.
 */
const isSame = (path: string, signed: string) => decodeURI(path) === signed;

/** Requests whose form is right, and whose signature is for something else, by somebody else or of another time. */
export const SIGNATURES: readonly Family[] = [
  {
    name: "with the victim's key in the header",
    reasons: ['wrong-signature'],
    async forge({ victim, own }, dice, now) {
      const line = asks(dice, victim);
      const { header, claims } = membersOf(victim.device, line, victim.pass, now);
      return { request: requestOf(line, { authorization: await signedAs(own.device, header, claims) }) };
    },
  },
  {
    name: 'with a bit of the signature changed',
    reasons: ['wrong-signature'],
    async forge({ victim, own }, dice, now) {
      const { device, pass, ...rest } = pick(dice, [victim, own]);
      const line = asks(dice, { device, pass, ...rest });
      const [header, claims, signature] = partsOf(await device.sign(line, pass, now));
      const bytes = Buffer.from(signature, 'base64url');
      const at = dice.whole(0, bytes.length - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.whole(0, 7));
      return { request: requestOf(line, { authorization: joined(header, claims, bytes.toString('base64url')) }) };
    },
  },
  {
    name: 'with a signature of another length',
    reasons: ['wrong-signature'],
    async forge({ victim, own }, dice, now) {
      const { device, pass, ...rest } = pick(dice, [victim, own]);
      const line = asks(dice, { device, pass, ...rest });
      const [header, claims, signature] = partsOf(await device.sign(line, pass, now));
      const bytes = Buffer.from(signature, 'base64url');
      const other = pick(dice, [
        bytes.subarray(0, dice.whole(1, 63)),
        Buffer.concat([bytes, bytes]),
        Buffer.alloc(64),
        Buffer.alloc(64, 255),
      ]);
      return { request: requestOf(line, { authorization: joined(header, claims, other.toString('base64url')) }) };
    },
  },
  {
    name: 'with a character of the header changed',
    reasons: ['malformed', 'pass', 'wrong-signature'],
    async forge({ victim }, dice, now) {
      const line = asks(dice, victim);
      const [header, claims, signature] = partsOf(await victim.device.sign(line, victim.pass, now));
      return { request: requestOf(line, { authorization: joined(changed(header, dice), claims, signature) }) };
    },
  },
  {
    name: 'with a character of the claims changed',
    reasons: ['pass', 'malformed', 'wrong-request', 'wrong-time', 'wrong-signature'],
    async forge({ victim }, dice, now) {
      const line = asks(dice, victim);
      const [header, claims, signature] = partsOf(await victim.device.sign(line, victim.pass, now));
      return { request: requestOf(line, { authorization: joined(header, changed(claims, dice), signature) }) };
    },
  },
  {
    name: 'with a claim replaced',
    reasons: ['wrong-signature'],
    async forge({ victim, own }, dice, now) {
      const line = asks(dice, victim);
      const right = membersOf(victim.device, line, victim.pass, now);
      const [header, , signature] = partsOf(await signedAs(victim.device, right.header, right.claims));
      const claims = pick(dice, [
        { ...right.claims, nonce: 'n'.repeat(22) },
        { ...right.claims, iat: Math.floor(now.getTime() / 1000) - 1 },
        { ...right.claims, digest: own.device.thumbprint },
        Object.fromEntries(Object.entries(right.claims).toReversed()),
      ]);
      const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return { request: requestOf(line, { authorization: joined(header, text, signature) }) };
    },
  },
  {
    name: 'late',
    reasons: ['wrong-time'],
    async forge({ victim, stranger }, dice, now) {
      const seconds = CLOCK_WINDOW + pick(dice, [30, dice.whole(30, 86_400), 1_000_000_000]);
      const line = pick<Line>(dice, [asks(dice, victim), renewalTo(stranger)]);
      return { request: await goodRequest(victim, line, new Date(now.getTime() - seconds * 1000)) };
    },
  },
  {
    name: 'early',
    reasons: ['wrong-time'],
    async forge({ victim, stranger, open }, dice, now) {
      const then = new Date(now.getTime() + (CLOCK_WINDOW + dice.whole(30, 1_000_000)) * 1000);
      if (dice.chance(0.5)) return { request: await goodRequest(victim, asks(dice, victim), then) };
      const line = redemptionBy(stranger);
      return { request: requestOf(line, { authorization: await stranger.sign(line, open, then) }) };
    },
  },
  {
    name: 'signed for another method',
    reasons: ['wrong-request'],
    async forge({ victim }, dice, now) {
      const line = asks(dice, victim);
      const method = pick(dice, ['POST', 'PUT', 'HEAD', 'get', 'Get', 'DELETE', '', ' GET']);
      const authorization = await victim.device.sign({ ...line, method }, victim.pass, now);
      return { request: requestOf(line, { authorization }) };
    },
  },
  {
    name: 'sent with another method',
    reasons: ['host', 'wrong-request', 'malformed'],
    async forge({ victim }, dice, now) {
      const method = pick(dice, ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'GETS', 'TRACE']);
      const { request } = { request: await goodRequest(victim, asks(dice, victim), now) };
      return { request: { ...request, method } };
    },
  },
  {
    name: 'for another spelling of the path',
    reasons: ['wrong-request', 'host'],
    async forge({ victim }, dice, now) {
      const request = await goodRequest(victim, asks(dice, victim), now);
      const paths = SPELLINGS.map((spelling) => spelling(request.path)).filter((path) => !isSame(path, request.path));
      return { request: { ...request, path: paths[dice.whole(0, paths.length - 1)] ?? '' } };
    },
  },
  {
    name: 'for another query',
    reasons: ['wrong-request'],
    async forge({ victim, own }, dice, now) {
      const path = `/api/devices/secrets?name=${victim.secret}&version=1`;
      const other = pick(dice, [
        `/api/devices/secrets?version=1&name=${victim.secret}`,
        `${path}&name=${own.secret}`,
        `/api/devices/secrets?name=${own.secret}&version=1`,
        `${path}0`,
        `${path}&`,
        path.replace('&version=1', ''),
        path.replace('name', 'Name'),
        path.replace('?', '?&'),
        `${path}%20`,
        path.split('?')[0] ?? '',
      ]);
      const request = await goodRequest(victim, { method: 'GET', path }, now);
      return { request: { ...request, path: other } };
    },
  },
  {
    name: 'for another route',
    reasons: ['wrong-request', 'pass'],
    async forge({ victim, stranger, open }, dice, now) {
      const renewal = renewalTo(stranger);
      const redeeming = redemptionBy(stranger);
      const secret = { method: 'GET', path: `/api/devices/secrets?name=${victim.secret}` };
      const messages = { method: 'GET', path: '/api/devices/messages?wait=0' };
      const [signed, sent] = pick<[Line, Line]>(dice, [
        [messages, secret],
        [secret, messages],
        [messages, renewal],
        [renewal, redeeming],
      ]);
      const authorization = await victim.device.sign(signed, victim.pass, now);
      const other = { authorization: await stranger.sign(redeeming, open, now) };
      return { request: dice.chance(0.1) ? requestOf(renewal, other) : requestOf(sent, { authorization }) };
    },
  },
  {
    name: 'that was sent before',
    reasons: ['device-request-replayed'],
    async forge({ victim }, dice, now) {
      const before = await goodRequest(victim, asks(dice, victim), now);
      const [[, authorization] = ['', '']] = before.headers;
      const headers = pick<[string, string][]>(dice, [
        [['authorization', authorization]],
        [['AUTHORIZATION', authorization]],
        [
          ['x-forwarded-for', '203.0.113.1'],
          ['authorization', authorization],
          ['date', new Date(0).toUTCString()],
        ],
        [['authorization', otherForm(authorization, 0)]],
        [['authorization', otherForm(authorization, 1)]],
      ]);
      return { before, request: { ...before, headers } };
    },
  },
  {
    name: 'with a random value that came before',
    reasons: ['device-request-replayed'],
    async forge({ own }, dice, now) {
      const line = asks(dice, own);
      const { header, claims } = membersOf(own.device, line, own.pass, now);
      const before = requestOf(line, { authorization: await signedAs(own.device, header, claims) });
      const next = asks(dice, own);
      const other = membersOf(own.device, next, own.pass, new Date(now.getTime() + dice.whole(-200, 200) * 1000));
      const again = { ...other.claims, nonce: claims['nonce'] };
      return { before, request: requestOf(next, { authorization: await signedAs(own.device, header, again) }) };
    },
  },
];
