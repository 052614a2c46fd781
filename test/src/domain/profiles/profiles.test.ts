import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedEventData, withinProfile } from '../../../../src/domain/events/requestEvents.js';
import { fitsPattern } from '@connected-registry/protocol/names/pattern';
import { parseProfiles } from '../../../../src/domain/profiles/profileSchema.js';
import {
  channelOf,
  clientsOfPoller,
  profileOfClient,
  profileOfConnectedRegistry,
  profileOfDevice,
  profileOfRequest,
  pollersOfProfiles,
  requestOf,
  type ProfileBook,
} from '../../../../src/domain/profiles/profiles.js';

const PLANT = { name: 'plant', connectedRegistry: 'plantone', repositories: ['hello-world'] };
const OID = '6f1c2a34-0000-4000-8000-00000000000a';

function book(...profiles: readonly object[]): ProfileBook {
  const parsed = parseProfiles(JSON.stringify(profiles));
  if ('faults' in parsed) throw new Error(parsed.faults.join('; '));
  return { profiles: parsed.profiles, defaultRegistry: 'myregistry' };
}
function faultsOf(...profiles: readonly unknown[]): string[] {
  const parsed = parseProfiles(JSON.stringify(profiles));
  return 'faults' in parsed ? parsed.faults : [];
}
const client = (name: string, connectedRegistry = 'plantone', registry = 'myregistry') => ({
  registry,
  connectedRegistry,
  client: name,
});

describe('a pattern', () => {
  test.each([
    ['edge-*', 'edge-7', true],
    ['edge-*', 'edge-', true],
    ['edge-*', 'Edge-7', false],
    ['*', '', true],
    ['edge', 'edge-7', false],
    ['*-eu-*', 'a-eu-b', true],
    ['*-eu-*', 'a-us-b', false],
    ['a*a', 'a', false],
    ['a*b*c', 'axbxc', true],
    ['a*bc*c', 'abc', false],
  ])('%s fits %s: %s', (pattern, name, fits) => expect(fitsPattern(pattern, name)).toBe(fits));

  test('matches any text in place of its stars, as a regular expression would', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 2, maxLength: 5 }),
        fc.array(piece, { minLength: 4, maxLength: 4 }),
        piece,
        (parts, fill, other) => {
          const pattern = parts.join('*');
          const filled = parts.reduce((text, part, index) => `${text}${fill[index - 1] ?? ''}${part}`);
          expect(fitsPattern(pattern, filled)).toBe(true);
          const expression = new RegExp(`^${parts.map((part) => part.replaceAll('.', '\\.')).join('.*')}$`);
          expect(fitsPattern(pattern, other)).toBe(expression.test(other));
        },
      ),
    );
  });
});

describe('the first profile that matches', () => {
  const hub = { ...PLANT, name: 'hub', match: { hub: 'PlantHub', device: 'edge-*' }, channel: 'iotHub' };
  const rest = {
    ...PLANT,
    name: 'rest',
    match: { connectedRegistry: 'plant*' },
    connectedRegistry: undefined,
    channel: 'poll',
    clients: ['one', 'two'],
  };

  test('applies to a device of its hub, regardless of the case of the hub name', () => {
    const all = book(hub, { ...hub, name: 'later', match: { hub: 'planthub' } });
    expect(profileOfDevice(all, 'PLANTHUB', 'edge-1')?.name).toBe('hub');
    expect(profileOfDevice(all, 'planthub', 'other')?.name).toBe('later');
    expect(profileOfDevice(all, 'another', 'edge-1')).toBeUndefined();
  });

  test('limits a request by event, unless it is for the events of a hub', () => {
    const all = book(hub, rest);
    expect(profileOfRequest(all, client('edge-1', 'PLANTTWO'))?.name).toBe('rest');
    expect(profileOfRequest(all, client('edge-1'))?.name).toBe('rest');
    expect(profileOfRequest(book(hub), client('edge-1'))).toBeUndefined();
    expect(profileOfRequest(all, client('edge-1', 'elsewhere'))).toBeUndefined();
    expect(profileOfRequest(all, client('edge-1', 'plantone', 'otherregistry'))).toBeUndefined();
    expect(profileOfClient(book(hub), client('edge-1'))?.name).toBe('hub');
  });

  test('lists the clients of a new connected registry', () => {
    expect(profileOfConnectedRegistry(book(hub, rest), 'MyRegistry', 'plant9')?.clients).toEqual(['one', 'two']);
    expect(profileOfConnectedRegistry(book(hub), 'myregistry', 'plantone')).toBeUndefined();
  });

  test('decides by which channel a device is notified', () => {
    const all = book(hub, rest);
    expect(channelOf(all, client('edge-1'))).toEqual({ kind: 'iotHub', hub: 'PlantHub' });
    expect(channelOf(all, client('other'))).toEqual({ kind: 'poll' });
    expect(channelOf(all, client('other', 'elsewhere'))).toEqual({ kind: 'eventGrid' });
    const module = { ...hub, channel: { kind: 'iotHub', hub: 'h2', module: 'agent' } };
    expect(channelOf(book(module), client('edge-1'))).toEqual({ kind: 'iotHub', hub: 'h2', module: 'agent' });
    const sealed = { ...hub, channel: { kind: 'iotHub', sealed: true } };
    expect(channelOf(book(sealed), client('edge-1'))).toEqual({ kind: 'hub', hub: 'PlantHub' });
    const open = { ...hub, channel: { kind: 'iotHub', sealed: false } };
    expect(channelOf(book(open), client('edge-1'))).toEqual({ kind: 'iotHub', hub: 'PlantHub' });
  });

  test('lets a device that joins wait for an operator, unless it says otherwise', () => {
    const onboards = { ...PLANT, name: 'at-once', match: { device: 'auto-*' }, onJoin: 'onboard' };
    const all = book(onboards, PLANT);
    const names = ['auto-1', 'other'].map((name) => profileOfClient(all, client(name))?.onJoin);
    expect(names).toEqual(['onboard', 'wait']);
    expect(faultsOf({ ...PLANT, onJoin: 'always' })).toEqual([
      'profile plant, field onJoin: must be onboard or wait; it must be "onboard" to onboard a device as soon as it joins with a join token, or "wait", the default',
    ]);
  });

  test('creates the request for a client', () => {
    const full = {
      ...PLANT,
      scopeMap: 'a-map',
      image: 'hello-world:1',
      credentialLifetimeDays: 60,
      endpoint: 'edge:443',
    };
    const [profile] = book(full).profiles;
    const { name: _name, ...request } = full;
    expect(profile && requestOf(profile, client('one'))).toEqual({ ...request, registry: 'myregistry', client: 'one' });
  });

  test('names the clients of an Entra identity, each once', () => {
    const polled = { ...PLANT, channel: 'poll', pollers: { [OID.toUpperCase()]: 'one' } };
    const more = { ...polled, name: 'more', pollers: { [OID]: ['two', 'one'] } };
    expect(clientsOfPoller(book(polled, more), OID.toUpperCase()).map((one) => one.client)).toEqual(['one', 'two']);
    expect(clientsOfPoller(book(polled), '6f1c2a34-0000-4000-8000-00000000000b')).toEqual([]);
  });
});

describe('an invalid profile is reported with its name, the field and the rule', () => {
  test.each<[string, string, object]>([
    ['name', 'is not a profile name', { name: 'a b' }],
    ['repositories', 'at least one', { repositories: [] }],
    [
      'repositories.hello-world',
      'content/write',
      { repositories: { 'hello-world': ['content/read', 'content/write'] } },
    ],
    ['connectedRegistry', 'must be set either here or in match', { connectedRegistry: undefined }],
    ['connectedRegistry', 'must be set either here or in match', { match: { connectedRegistry: 'plant*' } }],
    ['connectedRegistry', 'hub', { connectedRegistry: undefined, match: { hub: 'h', connectedRegistry: 'p*' } }],
    ['match.color', 'not a known field', { match: { color: 'red' } }],
    ['channel.kind', 'must be one of', { channel: 'pigeon' }],
    ['channel.hub', 'is missing', { channel: 'iotHub' }],
    ['channel', 'unless its kind is iotHub', { channel: { kind: 'poll', hub: 'h' } }],
    ['channel', 'unless its kind is iotHub', { channel: { kind: 'poll', sealed: true } }],
    [
      'channel.sealed',
      'needs no Entra identity',
      { channel: { kind: 'iotHub', hub: 'h', sealed: true }, eventIdentity: true },
    ],
    ['clients.1', 'is not a device id', { clients: ['good', 'not/good'] }],
    ['clients.0', 'outside match.device', { match: { device: 'edge-*' }, clients: ['sensor'] }],
    ['pollers', 'only for channel poll', { pollers: { [OID]: 'one' } }],
    ['pollers.x', 'is not an object id', { channel: 'poll', pollers: { x: 'one' } }],
    [`pollers.${OID}`, 'outside', { channel: 'poll', match: { device: 'e*' }, pollers: { [OID]: 'one' } }],
    ['image', 'repositories', { image: 'other:1' }],
    ['scopeMap', 'system', { scopeMap: '_repositories_pull' }],
    ['credentialLifetimeDays', 'too short', { credentialLifetimeDays: 0 }],
    ['endpoint', 'host', { endpoint: 'https://x' }],
    ['vault', 'not a known field', { vault: 'https://other.vault.azure.net' }],
  ])('%s: %s', (field, words, change) => {
    const faults = faultsOf({ ...PLANT, ...change });
    expect(faults.join('\n')).toContain(`field ${field}: `);
    expect(faults.join('\n')).toContain(words);
    expect(faults[0]).toContain(field === 'name' ? 'profile number 1, ' : 'profile plant, ');
  });

  test('by its position if it has no name', () => {
    expect(faultsOf(PLANT, { repositories: ['x'] }).join()).toContain('profile number 2, field name: is missing');
    expect(faultsOf(PLANT, 7).join()).toContain('profile number 2, field the whole profile');
  });

  test('if two have the same name', () =>
    expect(faultsOf(PLANT, { ...PLANT, name: 'PLANT' }).join()).toContain('already used by another profile'));

  test('and so is a text that is no list or no JSON', () => {
    expect(parseProfiles('{}')).toEqual({ faults: ['must be a JSON list of profiles'] });
    expect(parseProfiles('nope')).toEqual({ faults: ['is not JSON; it must be a JSON list of profiles'] });
  });
});

describe('an identity in a profile', () => {
  const identity = { principalId: OID };
  const ONE = { ...PLANT, match: { device: 'sensor-7' } };

  test('belongs to a profile of one client, and is in its request', () => {
    const [profile] = book({ ...ONE, identity }).profiles;
    expect(profile && requestOf(profile, client('sensor-7')).identity).toEqual(identity);
    expect(faultsOf({ ...PLANT, identity })).toMatchObject([
      expect.stringContaining('field identity: is allowed only'),
    ]);
  });

  test.each([
    ['with an identity', { ...ONE, identity, eventIdentity: true }],
    ['of a hub', { ...PLANT, match: { hub: 'plant-hub' }, eventIdentity: true }],
  ])('%s cannot be named by events as well', (_, profile) => {
    expect(faultsOf(profile)).toMatchObject([expect.stringContaining('field eventIdentity: must not be set')]);
  });

  test.each([
    [{ ...PLANT }, ['identity'], undefined],
    [{ ...PLANT, eventIdentity: false }, ['identity'], undefined],
    [{ ...PLANT, eventIdentity: true }, undefined, true],
  ])('is taken from an event only where the profile %j says so', (given, beyond, identityByEvent) => {
    const [profile] = book(given).profiles;
    if (!profile) throw new Error('no profile');
    const data = { connectedRegistry: 'plantone', client: 'sensor-7', identity: { principalId: OID } };
    const requested = withinProfile(profile, boundedEventData.parse(data), 'myregistry');
    const refused = 'beyond' in requested ? requested.beyond.map(({ field }) => field) : undefined;
    const onboarding = 'onboarding' in requested ? requested.onboarding : undefined;
    expect([refused, onboarding?.identityByEvent, onboarding?.identity?.principalId]).toEqual([
      beyond,
      identityByEvent,
      identityByEvent && OID,
    ]);
  });
});

describe('access for pollers', () => {
  const POLLED = { ...PLANT, channel: 'poll', pollers: { [OID]: ['one', 'two'] }, pollerAccess: true };
  const OTHER = OID.replace('a', 'b');

  test('is given to the identity that polls for the client, and to none for a client without a poller', () => {
    const [profile] = book(POLLED).profiles;
    if (!profile) throw new Error('no profile');
    expect(requestOf(profile, client('two')).identity).toEqual({ principalId: OID });
    expect(requestOf(profile, client('three'))).not.toHaveProperty('identity');
    const [without] = book({ ...POLLED, pollerAccess: false }).profiles;
    expect(without && requestOf(without, client('two'))).not.toHaveProperty('identity');
  });

  test.each([
    ['without pollers', { ...PLANT, pollerAccess: true }],
    [
      'with an identity',
      { ...POLLED, match: { device: 'one' }, pollers: { [OID]: 'one' }, identity: { principalId: OID } },
    ],
    ['with identities by events', { ...POLLED, eventIdentity: true }],
    ['with two pollers of one client', { ...POLLED, pollers: { [OID]: 'one', [OTHER]: ['one', 'two'] } }],
  ])('is refused %s', (_, profile) => {
    expect(faultsOf(profile).join()).toContain('field pollerAccess: needs');
  });
});

describe('a poller that events name', () => {
  const POLLED = { ...PLANT, channel: 'poll', pollers: { [OID]: ['one', 'two'] } };

  test.each([
    [{ ...PLANT }, ['poller'], undefined],
    [{ ...PLANT, eventPoller: false }, ['poller'], undefined],
    [{ ...PLANT, eventIdentity: true }, ['poller'], undefined],
    [{ ...PLANT, eventPoller: true }, undefined, true],
  ])('is taken only where the profile %j says so', (given, beyond, pollerByEvent) => {
    const [profile] = book(given).profiles;
    if (!profile) throw new Error('no profile');
    const data = { connectedRegistry: 'plantone', client: 'sensor-7', poller: OID.toUpperCase() };
    const requested = withinProfile(profile, boundedEventData.parse(data), 'myregistry');
    const refused = 'beyond' in requested ? requested.beyond.map(({ field }) => field) : undefined;
    const onboarding = 'onboarding' in requested ? requested.onboarding : undefined;
    expect([refused, onboarding?.pollerByEvent, onboarding?.poller]).toEqual([
      beyond,
      pollerByEvent,
      pollerByEvent && OID,
    ]);
    expect(onboarding?.identity).toBeUndefined();
  });

  test.each([
    ['with pollers of its own', { ...POLLED, eventPoller: true }],
    ['of a hub', { ...PLANT, match: { hub: 'plant-hub' }, eventPoller: true }],
  ])('is refused for a profile %s', (_, profile) => {
    expect(faultsOf(profile)).toMatchObject([expect.stringContaining('field eventPoller: must not be set')]);
  });

  test('is compared with those that the profiles list for the client', () => {
    const profiles = book(
      POLLED,
      { ...POLLED, name: 'again' },
      { ...POLLED, name: 'far', connectedRegistry: 'planttwo' },
    );
    expect(pollersOfProfiles(profiles, client('two'))).toEqual([OID]);
    expect(pollersOfProfiles(profiles, { ...client('two'), registry: 'MyRegistry' })).toEqual([OID]);
    expect(pollersOfProfiles(profiles, client('three'))).toEqual([]);
    expect(pollersOfProfiles(profiles, { ...client('two'), connectedRegistry: 'plantthree' })).toEqual([]);
  });

  test('is none of the request that a profile makes: the setting stays a setting', () => {
    const [profile] = book(POLLED).profiles;
    expect(profile && requestOf(profile, client('two'))).not.toHaveProperty('poller');
  });
});
