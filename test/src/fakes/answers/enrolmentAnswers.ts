import { deviceRequest } from '../devices/deviceRequest.js';
import { httpRequest } from '../durable/durableClient.js';
import { EnrolmentWorld, KEY } from '../enrolment/enrolmentWorld.js';
import { signingDevice } from '../../../shared/signingDevice.js';
import type { SeenAnswer } from './apiDocument.js';
import { CONNECTED_REGISTRY } from './requests.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;

/** Has the routes of enrolment answer in every way they can. */
export async function giveEnrolments(note: Note): Promise<void> {
  await giveTokens(note);
  await giveWithdrawals(note);
  await giveRedemptions(note);
  await giveRenewals(note);
}

function brokenWorld(): EnrolmentWorld {
  const world = new EnrolmentWorld();
  world.engine.onRead = () => {
    throw new TypeError('broken');
  };
  return world;
}

async function giveTokens(note: Note): Promise<void> {
  const route = 'POST enrolments';
  const row = { connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
  note(route, 'a token', await new EnrolmentWorld().issue());
  note(route, 'a faulty request', await new EnrolmentWorld().issue({ ...row, client: 7 }));
  note(route, 'a faulty row', await new EnrolmentWorld().issue({ clients: [row, row] }));
  note(route, 'too many bytes', await new EnrolmentWorld().issue({ ...row, more: 'x'.repeat(200_000) }));
  const slow = new EnrolmentWorld();
  slow.engine.fate = 'lost';
  note(route, 'a silent engine', await slow.issue());
  const partly = new EnrolmentWorld();
  partly.engine.onSignal = () => {
    partly.engine.onSignal = undefined;
    throw new TypeError('broken');
  };
  note(route, 'a token for one of two', await partly.issue({ clients: [row, { ...row, client: 'sensor-8' }] }));
  const joined = new EnrolmentWorld();
  await joined.join(await signingDevice('ES256'), await joined.token());
  note(route, 'a token for a client that has a device', await joined.issue());
  const body = new ReadableStream({
    pull: () => {
      throw new TypeError('the connection is gone');
    },
  });
  const request = Object.assign(httpRequest({}), { body });
  note(route, 'a body that ends early', await new EnrolmentWorld().ask('issue', request));
}

async function giveWithdrawals(note: Note): Promise<void> {
  const route = 'DELETE enrolments/{key}';
  const world = new EnrolmentWorld();
  note(route, 'a key that is none', await world.withdraw('No key'));
  note(route, 'no token', await world.withdraw());
  await world.join(await signingDevice('ES256'), await world.token());
  note(route, 'a used token', await world.withdraw());
  const slow = new EnrolmentWorld();
  await slow.token();
  slow.engine.fate = 'lost';
  note(route, 'a silent engine', await slow.withdraw());
  note(route, 'a broken engine', await brokenWorld().withdraw());
}

async function giveRedemptions(note: Note): Promise<void> {
  const route = 'POST enrolments/redeem';
  const [device, other] = await Promise.all([signingDevice('EdDSA'), signingDevice('ES256')]);
  const world = new EnrolmentWorld();
  note(route, 'no token', await world.sendRedemption(device, 'none'));
  const limited = await world.token({ addresses: ['192.0.2.1'] });
  note(route, 'another address', await world.sendRedemption(device, limited));
  await world.withdraw(KEY);
  note(route, 'a withdrawn token', await world.sendRedemption(device, limited));
  const slow = new EnrolmentWorld();
  const open = await slow.token();
  note(route, 'faulty keys', await slow.sendRedemption(device, open, '192.0.2.1', { ...device.keys, name: 'x' }));
  const large = { ...device.keys, name: 'x'.repeat(9000) };
  note(route, 'too many bytes', await slow.sendRedemption(device, open, '192.0.2.1', large));
  slow.engine.fate = 'lost';
  note(route, 'a silent engine', await slow.sendRedemption(device, open));
  slow.engine.fate = 'done';
  note(route, 'a device that joins', await slow.sendRedemption(device, open));
  note(route, 'a used token', await slow.sendRedemption(other, open));
  slow.engine.onRead = () => {
    throw new TypeError('broken');
  };
  note(route, 'a broken engine', await slow.sendRedemption(device, open));
  const parts = { method: 'POST', path: '/api/enrolments/redeem', body: JSON.stringify(device.keys) };
  const twice = { ...parts, authorization: await device.sign(parts, await world.token(), new Date()) };
  for (const name of ['the first time', 'the second time'])
    note(route, name, await world.ask('redeem', deviceRequest(twice)));
  const busy = new EnrolmentWorld({}, 1);
  for (const name of ['the first of a minute', 'the second'])
    note(route, name, await busy.sendRedemption(device, 'none'));
  const brief = new EnrolmentWorld();
  const token = await brief.token();
  const { enrolment } = brief.engine.record();
  brief.engine.entities.set(`@client@${KEY}`, { enrolment: { ...enrolment, expiresAt: new Date(0).toISOString() } });
  note(route, 'an expired token', await brief.sendRedemption(device, token));
}

async function giveRenewals(note: Note): Promise<void> {
  const route = 'POST devices/keys';
  const [device, next, third] = await Promise.all([
    signingDevice('EdDSA'),
    signingDevice('ES256'),
    signingDevice('ES256'),
  ]);
  const world = new EnrolmentWorld();
  await world.join(device, await world.token());
  note(route, 'no pass', await world.sendRenewal(device, next, { pass: 'none' }));
  note(route, 'no proof', await world.sendRenewal(device, next, { proof: 'none' }));
  note(
    route,
    'too many bytes',
    await world.sendRenewal(device, next, { body: { ...next.keys, name: 'x'.repeat(9000) } }),
  );
  world.engine.fate = 'lost';
  note(route, 'a silent engine', await world.sendRenewal(device, next));
  world.engine.fate = 'done';
  note(route, 'new keys', await world.sendRenewal(device, next));
  note(route, 'a key that was ended', await world.sendRenewal(device, third));
  world.engine.onRead = () => {
    throw new TypeError('broken');
  };
  note(route, 'a broken engine', await world.sendRenewal(device, next));
  const again = new EnrolmentWorld();
  const pass = again.passOf(device);
  const parts = { method: 'POST', path: '/api/devices/keys', body: JSON.stringify(next.keys) };
  const twice = { ...parts, authorization: await device.sign(parts, pass, new Date()) };
  for (const name of ['the first time', 'the second time'])
    note(route, name, await again.ask('renew', deviceRequest(twice)));
  const busy = new EnrolmentWorld({}, 1);
  for (const name of ['the first of a minute', 'the second']) note(route, name, await busy.sendRenewal(device, next));
}
