import { describe, expect, test } from 'vitest';
import {
  fingerprint,
  ONBOARDING_FIELDS,
  onboardingBody,
  onboardingEventData,
  toOnboarding,
} from '@connected-registry/protocol/requests/onboardingRequest';
import { fieldErrors } from '../../../../../src/triggers/http/answers/problem.js';
import { BODY, onboarding, REGISTRY } from '../../../fakes/answers/requests.js';

/** The fields that the problems of a refused body name. */
function wrongFields(body: unknown, schema: typeof onboardingBody | typeof onboardingEventData = onboardingBody) {
  const parsed = schema.safeParse(body, { reportInput: true });
  return parsed.success ? [] : fieldErrors(parsed.error, ONBOARDING_FIELDS).map((error) => error.field);
}

const DEVICE = '1A111111-1111-1111-1111-111111111111';

describe('a refused body', () => {
  test.each<[string, unknown]>([
    ['body', null],
    ['body', []],
    ['body', 'text'],
    ['body', 7],
    ['connectedRegistry', { connectedRegistry: undefined }],
    ['connectedRegistry', { connectedRegistry: 'edge' }],
    ['connectedRegistry', { connectedRegistry: 'edge-one' }],
    ['connectedRegistry', { connectedRegistry: 'e'.repeat(51) }],
    ['connectedRegistry', { connectedRegistry: 7 }],
    ['connectedRegistry', { connectedRegistry: null }],
    ['client', { client: undefined }],
    ['client', { client: '' }],
    ['client', { client: 'a b' }],
    ['client', { client: 'a/b' }],
    ['client', { client: 'c'.repeat(129) }],
    ['client', { client: ['sensor'] }],
    ['repositories', { repositories: undefined }],
    ['repositories', { repositories: [] }],
    ['repositories', { repositories: {} }],
    ['repositories', { repositories: 'hello-world' }],
    ['repositories', { repositories: ['Hello'] }],
    ['repositories', { repositories: ['a*'] }],
    ['repositories', { repositories: [7] }],
    ['repositories', { repositories: { 'hello-world': [] } }],
    ['repositories', { repositories: { 'hello-world': ['pull'] } }],
    ['repositories', { repositories: { 'hello-world': 'content/read' } }],
    ['repositories', { repositories: { '../x': ['content/read'] } }],
    ['repositories', { repositories: Array.from({ length: 501 }, (_, index) => `repository${index}`) }],
    ['registry', { registry: 'a.b' }],
    ['scopeMap', { scopeMap: 'abcd' }],
    ['scopeMap', { scopeMap: 'with space' }],
    ['scopeMap', { scopeMap: '_repositories_pull' }],
    ['scopeMap', { scopeMap: '_REPOSITORIES_admin' }],
    ['token', { token: 'under_score' }],
    ['token', { token: 't'.repeat(51) }],
    ['endpoint', { endpoint: 'http://edge:8000' }],
    ['endpoint', { endpoint: 'edge:8000/path' }],
    ['endpoint', { endpoint: 'user@edge' }],
    ['endpoint', { endpoint: '' }],
    ['image', { image: 'other:latest' }],
    ['image', { image: 'hello-world:' }],
    ['image', { image: 'myregistry.azurecr.io/hello-world:latest' }],
    ['image', { image: 'localhost:8000/hello-world:latest' }],
    ['image', { repositories: ['*'], image: '*:latest' }],
    ['image', { repositories: ['samples/*'] }],
    ['image', { repositories: { 'hello-world': ['metadata/read'] } }],
    ['credentialLifetimeDays', { credentialLifetimeDays: 0 }],
    ['credentialLifetimeDays', { credentialLifetimeDays: 731 }],
    ['credentialLifetimeDays', { credentialLifetimeDays: 90.5 }],
    ['credentialLifetimeDays', { credentialLifetimeDays: '90' }],
    ['replaceSlot', { replaceSlot: 'password3' }],
    ['dryRun', { dryRun: 'yes' }],
    ['recheck', { recheck: 1 }],
    ['identity', { identity: DEVICE }],
    ['identity', { identity: {} }],
    ['identity', { identity: { principalId: 'sensor-7' } }],
    ['identity', { identity: { principalId: `${DEVICE}0` } }],
    ['identity', { identity: { principalId: DEVICE, principalType: 'User' } }],
    ['identity', { identity: { principalId: DEVICE, principalType: 'Group' } }],
    ['identity', { identity: { principalId: DEVICE, principalType: 'serviceprincipal' } }],
    ['identity', { identity: { principalId: DEVICE, name: 'x' } }],
    ['identityByEvent', { identityByEvent: true }],
    ['poller', { poller: { principalId: DEVICE } }],
    ['poller', { poller: [DEVICE] }],
    ['poller', { poller: '' }],
    ['poller', { poller: `${DEVICE}0` }],
    ['poller', { poller: null }],
    ['pollerByEvent', { pollerByEvent: true }],
    ['password', { password: 'x' }],
    ['Client', { Client: 'x' }],
  ])('names %s for %j', (field, change) => {
    const isWhole = typeof change !== 'object' || change === null || Array.isArray(change);
    const fields = wrongFields(isWhole ? change : { ...BODY, ...change });
    // An item inside a field is named with it: repositories.0
    expect(fields.map((name) => name.split('.')[0])).toEqual([field]);
  });

  test('names every wrong field at once', () => {
    const fields = wrongFields({ client: '', repositories: [], token: '_', extra: 1, more: 2 });
    for (const field of ['client', 'connectedRegistry', 'extra', 'more', 'repositories', 'token'])
      expect(fields).toContain(field);
  });

  test('is refused if it has a field called __proto__', () => {
    const body: unknown = JSON.parse(`{"__proto__":{"dryRun":true},${JSON.stringify(BODY).slice(1)}`);
    expect(wrongFields(body)).toEqual(['__proto__']);
  });
});

describe('an accepted body', () => {
  test.each<[string, unknown]>([
    ['the shortest lifetime', { credentialLifetimeDays: 1 }],
    ['the longest lifetime', { credentialLifetimeDays: 730 }],
    ['a repository called like a property of every object', { repositories: ['constructor'] }],
    ['every character of a device id', { client: "aZ0-:.+%_#*?!(),=@;$'" }],
    ['an endpoint without a port', { endpoint: 'edge.example' }],
    ['an image below a wildcard', { repositories: ['samples/*'], image: 'samples/a/b:1' }],
    ['all rights by name', { repositories: { a: ['content/read', 'content/write', 'content/delete'] } }],
  ])('may have %s', (_, change) => expect(wrongFields({ ...BODY, ...(change as object) })).toEqual([]));

  test.each<[string, unknown, string]>([
    ['the first plain name of the list', ['samples/*', 'b/c', 'a'], 'b/c:latest'],
    ['the first plain name that may be read', { a: ['content/write'], b: ['content/read'] }, 'b:latest'],
  ])('has the image %s', (_, repositories, image) => expect(onboarding({ repositories }).image).toBe(image));

  test('has latest as the tag of an image without one, and keeps a digest', () => {
    expect(onboarding({ image: 'hello-world' }).image).toBe('hello-world:latest');
    const pinned = `hello-world@sha256:${'b'.repeat(64)}`;
    expect(onboarding({ image: pinned }).image).toBe(pinned);
  });

  test.each([
    [{ principalId: DEVICE }, 'ServicePrincipal'],
    [{ principalId: DEVICE, principalType: 'Device' }, 'Device'],
  ])('names the identity %j, of type %s', (identity, principalType) => {
    expect(onboarding({ identity }).identity).toEqual({ principalId: DEVICE.toLowerCase(), principalType });
  });

  test('with another identity is another request, and in another case the same', () => {
    const print = (principalId: string) => fingerprint(onboarding({ identity: { principalId } }));
    expect(print(DEVICE)).toBe(print(DEVICE.toLowerCase()));
    expect(print(DEVICE)).not.toBe(print(DEVICE.replace('1A', '2A')));
    expect(print(DEVICE)).not.toBe(fingerprint(onboarding()));
  });

  test('names a poller and no identity with it, nor the other way round', () => {
    const { poller, identity } = onboarding({ poller: DEVICE });
    expect([poller, identity]).toEqual([DEVICE.toLowerCase(), undefined]);
    expect(onboarding({ identity: { principalId: DEVICE } })).not.toHaveProperty('poller');
    const print = (id: string) => fingerprint(onboarding({ poller: id }));
    expect(print(DEVICE)).toBe(print(DEVICE.toLowerCase()));
    expect(print(DEVICE)).not.toBe(print(DEVICE.replace('1A', '2A')));
    expect(print(DEVICE)).not.toBe(fingerprint(onboarding()));
  });

  test('says of a wrong identity what it must be', () => {
    const parsed = onboardingBody.safeParse({ ...BODY, identity: { principalId: 'x' } }, { reportInput: true });
    expect(parsed.success ? [] : fieldErrors(parsed.error, ONBOARDING_FIELDS)).toMatchObject([
      {
        field: 'identity.principalId',
        message: 'is not an object id',
        fix: expect.stringContaining('object id (a GUID)'),
      },
    ]);
  });

  test('grants content/read for a listed name, and lasts 90 days', () => {
    const { permissions, credentialLifetimeDays, registry, recheck } = onboarding();
    expect(permissions).toEqual({ 'hello-world': ['content/read'] });
    expect([credentialLifetimeDays, registry, recheck]).toEqual([90, REGISTRY, false]);
  });
});

describe('the fingerprint', () => {
  const full = {
    ...BODY,
    repositories: { a: ['metadata/read', 'content/read'], b: ['content/read'] },
    image: 'a:latest',
  };
  const print = (body: unknown) => fingerprint(toOnboarding(onboardingBody.parse(body), REGISTRY));

  test('is the same in any order of fields, repositories and actions', () => {
    const reordered = {
      image: 'a:latest',
      repositories: { b: ['content/read'], a: ['content/read', 'metadata/read', 'content/read'] },
      client: full.client,
      connectedRegistry: full.connectedRegistry,
    };
    expect(print(reordered)).toBe(print(full));
  });

  test('is the same if defaults are written out', () => {
    const { scopeMap, token, registry, image } = onboarding();
    const defaults = { scopeMap, token, registry, image, credentialLifetimeDays: 90, recheck: false, dryRun: false };
    const spelled = { ...BODY, repositories: { 'hello-world': ['content/read'] }, ...defaults };
    expect(print(spelled)).toBe(print(BODY));
  });

  test.each(['registry', 'connectedRegistry', 'scopeMap', 'token'])(
    'is the same if %s has another case, which ARM ignores',
    (field) => {
      expect(print({ ...BODY, [field]: 'SOMENAME' })).toBe(print({ ...BODY, [field]: 'somename' }));
    },
  );

  test.each<object>([
    { client: 'Sensor-7' },
    { repositories: ['hello-world', 'b'] },
    { repositories: { 'hello-world': ['content/read', 'metadata/read'] } },
    { image: 'hello-world:2' },
    { credentialLifetimeDays: 91 },
    { endpoint: 'edge:1' },
    { replaceSlot: 'password1' },
    { recheck: true },
    { token: 'another-token' },
    { scopeMap: 'another-map' },
  ])('differs for %j', (change) => expect(print({ ...BODY, ...change })).not.toBe(print(BODY)));
});

describe('an event', () => {
  test.each(['registry', 'endpoint', 'replaceSlot', 'dryRun'])('cannot contain %s', (field) => {
    expect(wrongFields({ ...BODY, [field]: 'password1' }, onboardingEventData)).toEqual([field]);
  });

  test.each(['content/write', 'content/delete', 'metadata/write'])('cannot request %s', (action) => {
    const repositories = { 'hello-world': ['content/read', action] };
    expect(wrongFields({ ...BODY, repositories }, onboardingEventData)).toEqual(['repositories.hello-world']);
  });

  test('may request both rights to read', () => {
    const repositories = { 'hello-world': ['content/read', 'metadata/read'] };
    expect(wrongFields({ ...BODY, repositories, recheck: true }, onboardingEventData)).toEqual([]);
  });
});
