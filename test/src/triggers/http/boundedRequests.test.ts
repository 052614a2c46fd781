import { beforeEach, describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CLIENT_REQUESTED, OFFBOARD_REQUESTED, REVOKE_REQUESTED } from '../../../../src/domain/events/requestEvents.js';
import { onClientRequested } from '../../../../src/triggers/eventGrid/clientRequested.js';
import { FakeDurableClient, invocation } from '../../fakes/durable/durableClient.js';
import { config, CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { requestEvent, sampleEvent } from '../../../shared/sampleEvents.js';

const PROFILE = {
  name: 'plant',
  match: { device: 'sensor-*' },
  connectedRegistry: CONNECTED_REGISTRY,
  repositories: { 'hello-world': ['content/read', 'metadata/read'], 'samples/*': ['content/read'] },
  scopeMap: 'plant-map',
  credentialLifetimeDays: 60,
};
const CLIENT = { connectedRegistry: CONNECTED_REGISTRY, client: 'sensor-7' };
const INSTANCE = clientKey({ registry: 'myregistry', ...CLIENT });

let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
});

async function deliver(data: object, profiles: readonly object[] = [PROFILE]) {
  const { context, lines } = invocation();
  const settings = config({ PROFILES: JSON.stringify(profiles) });
  await onClientRequested(settings)(
    sampleEvent('CloudEvent', requestEvent(CLIENT_REQUESTED, data)),
    engine.client,
    context,
  );
  const said = JSON.parse(lines.at(-1)?.text ?? '{}') as Record<string, unknown>;
  return { said, started: engine.instances.get(INSTANCE)?.input as { request: object; channel: object } | undefined };
}

describe.each([
  ['offboarding', OFFBOARD_REQUESTED, 'offboard'],
  ['revocation', REVOKE_REQUESTED, 'revoke'],
])('an event that requests %s', (_, type, kind) => {
  const ask = async (data: object, profiles: readonly object[], more: Readonly<Record<string, string>> = {}) => {
    const { context, lines } = invocation();
    const settings = config({ PROFILES: JSON.stringify(profiles), ...more });
    await onClientRequested(settings)(sampleEvent('EventGrid', requestEvent(type, data)), engine.client, context);
    const said = JSON.parse(lines.at(-1)?.text ?? '{}') as Record<string, unknown>;
    return { said, names: [...engine.instances.values()].map(({ name }) => name) };
  };

  test.each([
    ['without profiles, by the setting', [], { REQUEST_EVENTS: kind }],
    ['inside a profile', [PROFILE], {}],
  ])('starts it %s', async (_, profiles, more) => {
    const { said, names } = await ask(CLIENT, profiles, more);
    expect(said).toMatchObject({ event: 'clientRequested.taken', decision: 'started' });
    expect(names).toEqual([kind]);
    const [run] = engine.instances.values();
    expect(run?.input).toMatchObject({ actor: 'event', request: { registry: 'myregistry', ...CLIENT } });
  });

  test('is refused for a client that no profile covers, and with additional fields', async () => {
    expect((await ask({ ...CLIENT, client: 'other' }, [PROFILE])).said).toMatchObject({ decision: 'no-profile' });
    const { said, names } = await ask({ ...CLIENT, registry: 'otherregistry' }, [PROFILE]);
    expect(said).toMatchObject({ event: 'clientRequested.refused', decision: 'invalid-data' });
    expect(names).toEqual([]);
  });
});

describe('with profiles, a request by event', () => {
  test('that names only the client gets the values of the first profile that covers it', async () => {
    const { said, started } = await deliver(CLIENT, [{ ...PROFILE, name: 'others', match: { device: 'x' } }, PROFILE]);
    expect(said).toMatchObject({ decision: 'started', profile: 'plant' });
    const { repositories, scopeMap, credentialLifetimeDays } = PROFILE;
    expect(started?.request).toEqual(onboarding({ ...CLIENT, repositories, scopeMap, credentialLifetimeDays }));
  });

  test('may request less', async () => {
    const less = { ...CLIENT, repositories: ['samples/one'], credentialLifetimeDays: 31, image: 'samples/one:2' };
    const { started } = await deliver(less);
    expect(started?.request).toMatchObject({
      permissions: { 'samples/one': ['content/read'] },
      credentialLifetimeDays: 31,
      image: 'samples/one:2',
    });
  });

  test('notifies the device on the channel of its profile', async () => {
    const settings = { ...PROFILE, channel: { kind: 'iotHub', hub: 'plant-hub' } };
    const { context } = invocation();
    const hubs = config({ PROFILES: JSON.stringify([settings]), IOT_HUBS: 'plant-hub.azure-devices.net' });
    await onClientRequested(hubs)(
      sampleEvent('EventGrid', requestEvent(CLIENT_REQUESTED, CLIENT)),
      engine.client,
      context,
    );
    expect(engine.instances.get(INSTANCE)?.input).toMatchObject({ channel: { kind: 'iotHub', hub: 'plant-hub' } });
  });

  test.each<[string, object]>([
    ['repositories', { repositories: ['private-base'] }],
    ['repositories', { repositories: ['*'] }],
    ['repositories', { repositories: { 'samples/one': ['metadata/read'] } }],
    ['repositories', { repositories: { 'hello-world': ['content/read', 'content/write'] } }],
    ['scopeMap', { scopeMap: 'another-map' }],
    ['scopeMap', { scopeMap: PROFILE.scopeMap }],
    ['token', { token: 'somebodys-token' }],
    ['credentialLifetimeDays', { credentialLifetimeDays: 61 }],
    ['image', { image: 'private-base:1' }],
  ])('that exceeds the profile is refused: %s', async (field, more) => {
    const { said, started } = await deliver({ ...CLIENT, ...more });
    expect(said).toMatchObject({ event: 'clientRequested.refused', decision: 'beyond-profile', profile: 'plant' });
    expect(JSON.stringify(said['errors'])).toContain(field);
    expect(started).toBeUndefined();
  });

  test.each<[string, object]>([
    ['endpoint', { endpoint: 'evil:443' }],
    ['registry', { registry: 'otherregistry' }],
    ['vault', { vault: 'https://evil.vault.azure.net' }],
    ['reportUrl', { reportUrl: 'https://evil' }],
    ['replaceSlot', { replaceSlot: 'password1' }],
  ])('with a field that events may not set is refused: %s', async (field, more) => {
    const { said, started } = await deliver({ ...CLIENT, ...more });
    expect(said).toMatchObject({ decision: 'invalid-data', errors: [{ field }] });
    expect([started, JSON.stringify(said).includes('evil')]).toEqual([undefined, false]);
  });

  test.each<[string, object]>([
    ['client', { client: 'other' }],
    ['connected registry', { connectedRegistry: 'elsewhere' }],
  ])('for a %s that no profile covers is refused', async (_, change) => {
    const { said } = await deliver({ ...CLIENT, ...change });
    expect(said).toMatchObject({ event: 'clientRequested.refused', decision: 'no-profile' });
    expect(engine.starts).toBe(0);
  });

  test('ignores profiles for the events of a hub', async () => {
    const { context, lines } = invocation();
    const only = [{ ...PROFILE, match: { hub: 'plant-hub' } }];
    const settings = config({ PROFILES: JSON.stringify(only), IOT_HUBS: 'plant-hub.azure-devices.net' });
    await onClientRequested(settings)(
      sampleEvent('CloudEvent', requestEvent(CLIENT_REQUESTED, CLIENT)),
      engine.client,
      context,
    );
    expect(lines.at(-1)?.text).toContain('no-profile');
  });

  test('uses the registry of its profile', async () => {
    const other = 'otherregistry';
    const { context } = invocation();
    const first = config().registries[0];
    const id = (name: string) =>
      `/subscriptions/${first.subscriptionId}/resourceGroups/${first.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`;
    const settings = config({
      REGISTRIES: [id('myregistry'), id(other)].join(','),
      PROFILES: JSON.stringify([{ ...PROFILE, registry: other }]),
    });
    await onClientRequested(settings)(
      sampleEvent('CloudEvent', requestEvent(CLIENT_REQUESTED, CLIENT)),
      engine.client,
      context,
    );
    expect([...engine.instances.keys()]).toEqual([clientKey({ registry: other, ...CLIENT })]);
  });
});
