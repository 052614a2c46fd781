import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { seal } from '@connected-registry/protocol/enrolment/sealing';
import type { RunningAgent } from '../../src/startAgent.js';
import { cloudEvent, request } from '../under-test/agentUnderTest.js';
import { CLIENT } from '../under-test/fakeApp.js';
import { JoinedUnderTest } from '../under-test/joinedUnderTest.js';
import { until } from '../under-test/until.js';

let it: JoinedUnderTest;
let agent: RunningAgent;
beforeEach(async () => {
  it = await JoinedUnderTest.create();
});
afterEach(() => it.close());

const start = async () => {
  agent = await it.start();
  await until('a poll', () => it.clock.pending().length > 0);
};
const refusals = () =>
  it.log.flatMap((line) => {
    const { message, reason } = JSON.parse(line) as { message: string; reason?: string };
    return message === 'answer refused' ? [reason] : [];
  });
const taken = () => agent.health()['signalsRemembered'];
const answering = (body: string) => {
  it.app.override = (asked, response) => {
    if (asked.url?.startsWith(DEVICE_MESSAGES_PATH) !== true) return false;
    response.writeHead(200).end(body);
    return true;
  };
};
const later = (seconds: number) => new Date(it.clock.now().getTime() + seconds * 1000).toISOString();
const another = async () => {
  const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  return sealingKey.parse(await exportJWK(publicKey));
};

const NOT_SEALED = 'the answer is not sealed, or is too large';
const NOT_OURS = 'what was sealed is not an answer of the app to this request';
const OTHER_CLIENT = 'the messages were sealed for another client';
const OTHER_TIME = 'the messages were sealed at another time';
const NO_LIST = 'what was sealed is not a list of messages';

describe('an answer with messages', () => {
  test('is opened, and the check in it is taken once', async () => {
    it.app.messages = [cloudEvent(request())];
    await start();
    await it.poll();
    expect([taken(), refusals()]).toEqual([1, []]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['for another client', { client: 'device-2' }, OTHER_CLIENT],
    ['for a client whose name differs in case', { client: 'DEVICE-1' }, OTHER_CLIENT],
    ['for a client of another connected registry', { connectedRegistry: 'another' }, OTHER_CLIENT],
    ['for a client of another registry', { registry: 'another' }, OTHER_CLIENT],
    ['without a client', { client: undefined }, NO_LIST],
    ['without messages', { messages: undefined }, NO_LIST],
    ['without a time', { time: undefined }, NO_LIST],
  ])('that were sealed %s is refused', async (_case, changes, reason) => {
    it.app.messages = [cloudEvent(request())];
    it.app.sealedMessages = (plain) => ({ ...plain, ...changes });
    await start();
    expect([taken(), refusals()]).toEqual([0, [reason]]);
    it.app.sealedMessages = (plain) => plain;
    await it.poll();
    expect(taken()).toBe(1);
  });

  test.each([
    [-601, [OTHER_TIME]],
    [601, [OTHER_TIME]],
    [-600, []],
    [600, []],
  ])('that were sealed %i seconds from now is judged by the time of the app', async (seconds, expected) => {
    it.app.messages = [cloudEvent(request())];
    it.app.sealedMessages = (plain) => ({ ...plain, time: later(seconds) });
    await start();
    expect([taken(), refusals()]).toEqual([expected.length === 0 ? 1 : 0, expected]);
  });

  test('that were sealed to another key is refused', async () => {
    it.app.messages = [cloudEvent(request())];
    it.app.sealTo = await another();
    await start();
    expect([taken(), refusals()]).toEqual([0, ["it is sealed to another key than the device's"]]);
  });

  test.each<[string, { channelKey?: string; nonce?: string; kind?: 'secret' }]>([
    ['that somebody else has sealed to the device', { channelKey: 'c'.repeat(43) }],
    ['that answers another request', { nonce: 'n'.repeat(22) }],
    ['of another kind', { kind: 'secret' }],
  ])('%s is refused', async (_case, forged) => {
    it.app.messages = [cloudEvent(request())];
    it.app.forged = forged;
    await start();
    expect([taken(), refusals()]).toEqual([0, [NOT_OURS]]);
    it.app.forged = {};
    await it.poll();
    expect(taken()).toBe(1);
  });

  test.each<[string, string]>([
    ['that is no JSON', 'text'],
    ['that is empty', '{}'],
    ['that is too large', `{"sealed":"${'x'.repeat(1_100_000)}"}`],
    ['with messages in clear', JSON.stringify({ messages: [cloudEvent(request())] })],
    ['with messages in clear beside a pass', JSON.stringify({ messages: [cloudEvent(request())], pass: 'crpass1' })],
  ])('%s is refused', async (_case, body) => {
    answering(body);
    await start();
    expect([taken(), refusals()]).toEqual([0, [NOT_SEALED]]);
  });

  test('with messages in clear beside sealed ones is refused', async () => {
    const own = it.app.joined?.keys.sealing;
    if (!own) throw new Error('nobody has joined');
    const plain = { ...CLIENT, time: later(0), messages: [] };
    answering(JSON.stringify({ sealed: await seal(JSON.stringify(plain), own), messages: [cloudEvent(request())] }));
    await start();
    expect([taken(), refusals()]).toEqual([0, [NOT_SEALED]]);
  });

  test('that is no JWE is refused', async () => {
    answering('{"sealed":"a.b.c"}');
    await start();
    expect(refusals()).toEqual(['what was sealed is not a JWE']);
  });
});
