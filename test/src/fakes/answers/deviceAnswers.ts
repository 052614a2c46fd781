import type { HttpRequest } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName } from '@connected-registry/protocol/names/names';
import { devicePass } from '../../../../src/domain/enrolment/serverPasses.js';
import { guarded } from '../../../../src/triggers/http/guarded.js';
import { LongPolls } from '../../../../src/triggers/http/requests/longPolls.js';
import { SignedRequests } from '../../../../src/triggers/http/requests/signedRequest.js';
import { getDeviceMessages } from '../../../../src/triggers/http/routes/deviceMessages.js';
import { getDeviceSecrets } from '../../../../src/triggers/http/routes/deviceSecrets.js';
import { signingDevice } from '../../../shared/signingDevice.js';
import { deviceRequest } from '../devices/deviceRequest.js';
import { FakeDurableClient, invocation, seen } from '../durable/durableClient.js';
import { onboardIn } from '../worlds/onboardWorld.js';
import { createWorld, type World } from '../worlds/world.js';
import type { SeenAnswer } from './apiDocument.js';
import { askingEngine } from './pendingAnswers.js';
import { config, onboarding } from './requests.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;
type Handler = (request: HttpRequest, client: DurableClient) => ReturnType<ReturnType<typeof getDeviceMessages>>;

const KEY_1 = `k1:${Buffer.alloc(32, 7).toString('base64url')}`;
const KEY_2 = `k2:${Buffer.alloc(32, 9).toString('base64url')}`;
const reference = onboarding();
const RECORD = `@client@${clientKey(reference)}`;
const BROKEN = () => {
  throw new TypeError('broken');
};

/** Every answer to a device that has joined. */
export async function giveDeviceAnswers(note: Note): Promise<void> {
  const { reportKeys: keys } = config({ REPORT_KEYS: KEY_1 });
  const device = await signingDevice('ES256');
  const { thumbprint } = device;
  const pass = devicePass(keys, { client: reference, thumbprint });
  const at = '2026-03-01T11:00:00.000Z';
  const access = { signing: device.keys.signingKey, sealing: device.keys.sealingKey };
  const joined = { keys: access, thumbprint, joinedAt: at, keysSince: at, lastContactAt: at };
  const withRecord = (engine: FakeDurableClient): FakeDurableClient => {
    engine.entities.set(RECORD, { joined });
    return engine;
  };

  const ask = async (
    route: 'devices/messages' | 'devices/secrets',
    name: string,
    handler: Handler,
    { query = '', engine = withRecord(new FakeDurableClient()), times = 1, signed = true, anew = true } = {},
  ) => {
    let last: SeenAnswer | undefined;
    const line = { method: 'GET', path: `/api/${route}${query}` };
    const first = await device.sign(line, pass, new Date());
    for (let nth = 0; nth < times; nth += 1) {
      const authorization = anew ? await device.sign(line, pass, new Date()) : first;
      const request = deviceRequest({ ...line, ...(signed ? { authorization } : {}) });
      last = seen(await guarded(handler, 'device')(request, engine.client, invocation().context));
    }
    if (last) note(`GET ${route}`, name, last);
  };
  const broken = () => {
    const engine = withRecord(new FakeDurableClient());
    engine.onRead = BROKEN;
    return engine;
  };

  const messages = (served = keys) => getDeviceMessages(served, new SignedRequests(served), new LongPolls(2));
  await ask('devices/messages', 'a check', messages(), { engine: withRecord(askingEngine()) });
  const { reportKeys: rotated } = config({ REPORT_KEYS: `${KEY_2},${KEY_1}` });
  await ask('devices/messages', 'a new pass', messages(rotated));
  await ask('devices/messages', 'a wait that is none', messages(), { query: '?wait=soon' });
  await ask('devices/messages', 'no signature', messages(), { signed: false });
  await ask('devices/messages', 'the same request again', messages(), { times: 2, anew: false });
  await ask('devices/messages', 'an ended key', messages(), { engine: new FakeDurableClient() });
  await ask('devices/messages', 'too many', messages(), { times: 61 });
  await ask('devices/messages', 'a broken engine', messages(), { engine: broken() });

  const world = createWorld();
  await onboardIn(world);
  const secrets = (of: World = world) => getDeviceSecrets(of.config, new SignedRequests(keys), of.ports.sealed);
  const query = `?name=${clientKey(reference)}`;
  await ask('devices/secrets', 'the secret', secrets(), { query });
  await ask('devices/secrets', 'a missing secret', secrets(), { query: `?name=${candidateSecretName(reference)}x` });
  await ask('devices/secrets', 'no name', secrets());
  await ask('devices/secrets', 'no signature', secrets(), { query, signed: false });
  await ask('devices/secrets', 'the same request again', secrets(), { query, times: 2, anew: false });
  await ask('devices/secrets', 'an ended key', secrets(), { query, engine: new FakeDurableClient() });
  await ask('devices/secrets', 'too many', secrets(), { query, times: 31 });
  await ask('devices/secrets', 'a broken engine', secrets(), { query, engine: broken() });
  for (const kind of ['throttled', 'forbidden'] as const) {
    world.wire.fail('seal', { when: 'before', kind });
    await ask('devices/secrets', `a vault that is ${kind}`, secrets(), { query });
  }
}
