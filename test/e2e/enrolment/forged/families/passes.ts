import { randomBytes } from 'node:crypto';
import { joinCredential, splitJoinToken, type JoinTokenParts } from '@connected-registry/protocol/enrolment/joinToken';
import { devicePass, newJoinToken } from '../../../../../src/domain/enrolment/serverPasses.js';
import type { ReportKeys } from '../../../../../src/domain/pullCheck/reportKey.js';
import type { SigningDevice } from '../../../../shared/signingDevice.js';
import type { SeededRandom } from '../../../races/seededRandom.js';
import {
  asks,
  encoded,
  membersOf,
  pick,
  redemptionBy,
  renewalTo,
  requestOf,
  seenIn,
  signedAs,
  type Family,
  type Line,
} from '../forging.js';

/** Puts another character of base64url in some place. */
export function changed(text: string, dice: SeededRandom): string {
  const at = dice.whole(0, text.length - 1);
  const other = text[at] === 'Q' ? 'x' : 'Q';
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}

/** A server key of somebody else, under the name of the app's. */
function elsewhere(pass: string): ReportKeys {
  const id = Buffer.from(pass.split('.')[2] ?? '', 'base64url').toString('utf8');
  const key = { id, secret: randomBytes(32) };
  return { signing: key, all: [key] };
}

const partsIn = (token: string): JoinTokenParts => {
  const parts = splitJoinToken(token);
  if (!parts) throw new Error('It is a join token.');
  return parts;
};
const madeUp = () => randomBytes(32).toString('base64url');

async function redemption(device: SigningDevice, parts: JoinTokenParts, now: Date) {
  const line = redemptionBy(device);
  const { header, claims } = membersOf(device, line, parts.presented, now);
  const { signingKey, sealingKey } = device.keys;
  const join = await joinCredential(parts, sealingKey).prove(signingKey, String(claims['nonce']));
  return { line, header, claims, join };
}

/** Requests with what lets somebody else in, or nobody. */
export const PASSES: readonly Family[] = [
  {
    name: "with another device's pass",
    reasons: ['pass'],
    async forge({ victim, own, ended, stranger }, dice, now) {
      const line = pick<Line>(dice, [asks(dice, victim), renewalTo(stranger)]);
      const [device, pass] = pick(dice, [
        [own.device, victim.pass],
        [stranger, victim.pass],
        [victim.device, ended.pass],
        [victim.device, own.pass],
      ]);
      return { request: requestOf(line, { authorization: await device.sign(line, pass, now) }) };
    },
  },
  {
    name: "with a pass by another app's key",
    reasons: ['pass'],
    async forge({ victim, stranger }, dice, now) {
      const line = asks(dice, victim);
      const pass = devicePass(elsewhere(victim.pass), { client: victim.client, thumbprint: stranger.thumbprint });
      return { request: requestOf(line, { authorization: await stranger.sign(line, pass, now) }) };
    },
  },
  {
    name: 'with a pass that was changed',
    reasons: ['pass'],
    async forge({ victim, own }, dice, now) {
      const line = asks(dice, victim);
      const [kind = '', content = '', id = '', mac = ''] = own.pass.split('.');
      const { registry, connectedRegistry, client } = victim.client;
      const theirs = encoded([registry, connectedRegistry, client, own.device.thumbprint]);
      const pass = pick(dice, [
        changed(own.pass, dice),
        changed(own.pass, dice),
        [kind, theirs, id, mac].join('.'),
        [kind, content, encoded('another'), mac].join('.'),
        [kind, content, id, mac.slice(0, -1)].join('.'),
        [kind, content, id].join('.'),
        [kind, content, id, mac, mac].join('.'),
        ['crjoin1', content, id, mac].join('.'),
        own.pass.toUpperCase(),
      ]);
      return { request: requestOf(line, { authorization: await own.device.sign(line, pass, now) }) };
    },
  },
  {
    name: 'with a join token in place of a pass',
    reasons: ['pass'],
    async forge({ victim, own, open, used, stranger }, dice, now) {
      const line = pick<Line>(dice, [asks(dice, victim), renewalTo(stranger)]);
      const token = pick(dice, [open, used]);
      const device = pick(dice, [own.device, stranger]);
      const { header, claims } = membersOf(device, line, pick(dice, [token, partsIn(token).presented]), now);
      const plain = requestOf(line, { authorization: await signedAs(device, header, claims) });
      const proven = requestOf(line, { authorization: await device.sign(line, token, now) });
      return { request: pick(dice, [plain, proven]) };
    },
  },
  {
    name: 'that joins with a pass',
    reasons: ['pass'],
    async forge({ victim, own, stranger }, dice, now) {
      const [device, pass] = pick(dice, [
        [own.device, own.pass],
        [victim.device, victim.pass],
        [stranger, victim.pass],
      ]);
      const { line, header, claims, join } = await redemption(device, { presented: pass, secret: madeUp() }, now);
      const all = dice.chance(0.5) ? { ...claims, join } : claims;
      return { request: requestOf(line, { authorization: await signedAs(device, header, all) }) };
    },
  },
  {
    name: 'that joins without the secret of the token',
    reasons: ['pass'],
    async forge({ open, used, replaced, stranger }, dice, now) {
      const { presented } = partsIn(pick(dice, [open, open, used]));
      const secret = pick(dice, [madeUp(), partsIn(replaced).secret, '']);
      const { line, header, claims, join } = await redemption(stranger, { presented, secret }, now);
      const all = pick(dice, [{ ...claims, join }, { ...claims, join: { ...join, mac: 'A'.repeat(43) } }, claims]);
      return { request: requestOf(line, { authorization: await signedAs(stranger, header, all) }) };
    },
  },
  {
    name: 'that joins with the proof of another device',
    reasons: ['pass'],
    async forge({ victim, open, stranger }, dice, now) {
      // What the enemy has seen of a device that joins.
      const seen = seenIn(await victim.device.sign(redemptionBy(victim.device), open, now));
      const line = redemptionBy(pick(dice, [stranger, victim.device]));
      const { header, claims } = membersOf(stranger, line, seen.pass, now);
      const all = { ...claims, join: seen.join, ...(dice.chance(0.5) && { nonce: seen.nonce }) };
      return { request: requestOf(line, { authorization: await signedAs(stranger, header, all) }) };
    },
  },
  {
    name: 'that joins as another client than the token’s',
    reasons: ['pass'],
    async forge({ open, victim, stranger }, dice, now) {
      const { presented, secret } = partsIn(open);
      const [kind = '', content = '', id = ''] = presented.split('.');
      const facts = JSON.parse(Buffer.from(content, 'base64url').toString('utf8')) as string[];
      const [registry = '', connectedRegistry = '', , random = ''] = facts;
      const theirs = encoded([registry, connectedRegistry, victim.client.client, random]);
      const foreign = partsIn(newJoinToken(elsewhere(victim.pass), victim.client, random).token);
      const parts = pick<JoinTokenParts>(dice, [
        { presented: [kind, theirs, id].join('.'), secret },
        { presented: [kind, changed(content, dice), id].join('.'), secret },
        foreign,
      ]);
      const { line, header, claims, join } = await redemption(stranger, parts, now);
      return { request: requestOf(line, { authorization: await signedAs(stranger, header, { ...claims, join }) }) };
    },
  },
  {
    name: 'with a key that has ended',
    reasons: ['device-key-ended'],
    async forge({ ended: { device, pass, ...rest }, stranger }, dice, now) {
      const line = pick<Line>(dice, [asks(dice, { device, pass, ...rest }), renewalTo(stranger)]);
      const authorization = await device.sign(line, pass, now);
      const proof = line.body === undefined ? {} : { proof: await stranger.sign(line, pass, now) };
      return { request: requestOf(line, { authorization, ...proof }) };
    },
  },
  {
    name: 'that joins with a token that another has used',
    reasons: ['join-token-used'],
    async forge({ used, stranger }, _dice, now) {
      const line = redemptionBy(stranger);
      return { request: requestOf(line, { authorization: await stranger.sign(line, used, now) }) };
    },
  },
  {
    name: 'that joins with a token that was replaced',
    reasons: ['join-token-unknown'],
    async forge({ replaced, stranger }, _dice, now) {
      const line = redemptionBy(stranger);
      return { request: requestOf(line, { authorization: await stranger.sign(line, replaced, now) }) };
    },
  },
  {
    name: "for another client's secret",
    reasons: ['secret-missing'],
    async forge({ own, victim }, dice, now) {
      const name = pick(dice, [victim.secret, `${victim.secret}-candidate`]);
      const line = { method: 'GET', path: `/api/devices/secrets?name=${name}` };
      return { request: requestOf(line, { authorization: await own.device.sign(line, own.pass, now) }) };
    },
  },
];
