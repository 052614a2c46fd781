import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { guarded } from '../../../../src/triggers/http/guarded.js';
import { getPendingMessages } from '../../../../src/triggers/http/routes/pendingMessages.js';
import { holdPlace } from '../devices/heldPlace.js';
import { LongPolls } from '../../../../src/triggers/http/requests/longPolls.js';
import type { SeenAnswer } from './apiDocument.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../durable/durableClient.js';
import { config, CONNECTED_REGISTRY, onboarding, onboardingRun } from './requests.js';

type Note = (route: string, name: string, answer: SeenAnswer) => void;

const OID = '6f1c2a34-0000-4000-8000-00000000000a';
const { client } = onboarding();

/** Every answer to a device that asks for its messages. */
export async function givePendingMessages(note: Note): Promise<void> {
  const profile = {
    name: 'asks',
    connectedRegistry: CONNECTED_REGISTRY,
    repositories: ['hello-world'],
    channel: 'poll',
    pollers: { [OID]: client },
  };
  const ask = async (
    name: string,
    engine: FakeDurableClient,
    given: { wait?: string; oid?: string; most?: string },
  ) => {
    const settings = config({
      AZURE_TENANT_ID: 'tenant',
      POLL_AUDIENCE: 'api://onboarding',
      POLLS_AT_ONCE: given.most ?? '10',
      PROFILES: JSON.stringify([profile]),
    });
    const polls = new LongPolls(settings.polling.atOnce);
    const handler = guarded(getPendingMessages(settings, { identify: async () => given.oid }, polls), 'device');
    const request = httpRequest({ headers: { authorization: 'Bearer x' }, query: { wait: given.wait ?? '0' } });
    const { context } = invocation();
    if (given.most !== undefined) void holdPlace(polls, 'another', 1);
    note('GET pull-checks/pending', name, seen(await handler(request, engine.client, context)));
  };
  const asked = askingEngine();
  const broken = new FakeDurableClient();
  broken.onRead = () => {
    throw new TypeError('broken');
  };
  await ask('a check', asked, { oid: OID });
  await ask('a wait that is none', asked, { oid: OID, wait: 'soon' });
  await ask('no identity', asked, {});
  await ask('another identity', asked, { oid: '6f1c2a34-0000-4000-8000-00000000000b' });
  await ask('too many', asked, { oid: OID, most: '1' });
  await ask('a broken engine', broken, { oid: OID });
}

/** An engine whose run waits for the report of a device. */
export function askingEngine(): FakeDurableClient {
  const asked = new FakeDurableClient();
  const check = {
    attempt: 1,
    expiresAt: '2126-03-01T12:05:00.000Z',
    reports: {},
    request: { secret: { name: 'a-secret', version: 'v1' }, image: 'hello-world:latest' },
  };
  asked.instances.set(clientKey(onboarding()), {
    name: ONBOARD,
    input: onboardingRun(),
    runtimeStatus: 'Running',
    customStatus: { phase: 'pullCheck', steps: [], pullCheck: check },
  });
  return asked;
}
