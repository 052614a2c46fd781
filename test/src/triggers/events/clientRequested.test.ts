import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CLIENT_REQUESTED } from '../../../../src/domain/events/requestEvents.js';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance } from '../../../../src/domain/operations/waitingRun.js';
import { onClientRequested } from '../../../../src/triggers/eventGrid/clientRequested.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { FakeDurableClient, invocation } from '../../fakes/durable/durableClient.js';
import { BODY, config, onboarding, onboardingRun } from '../../fakes/answers/requests.js';

const INSTANCE = clientKey(onboarding());
let engine: FakeDurableClient;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  engine = new FakeDurableClient();
});
afterEach(() => vi.useRealTimers());

const ACCEPTING = { REQUEST_EVENTS: 'onboard,offboard,revoke' };

async function deliver(event: unknown, settings: Readonly<Record<string, string>> = ACCEPTING) {
  const { context, lines } = invocation();
  const work = onClientRequested(config(settings))(event, engine.client, context).then(
    () => 'taken',
    (error: unknown) => String(error),
  );
  return { outcome: await whileTimePasses(work), lines };
}
const cloudEvent = (data: unknown, type = CLIENT_REQUESTED) => ({
  specversion: '1.0',
  type,
  source: 's',
  id: 'e-1',
  data,
});
const gridEvent = (data: unknown) => ({
  eventType: CLIENT_REQUESTED,
  topic: 't',
  subject: 's',
  id: 'e-1',
  dataVersion: '1',
  data,
});

const OTHERS: Readonly<Record<string, string>> = {
  onboard: 'offboard,revoke',
  revoke: 'onboard,offboard',
  offboard: 'onboard,revoke',
};

describe('an event of maximum size', () => {
  const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${n}`, 1]));
  const long = 'x'.repeat(500_000);
  const profiles = JSON.stringify([
    { name: 'p', match: {}, connectedRegistry: BODY.connectedRegistry, repositories: ['hello-world'] },
  ]);
  const names = Array.from({ length: 500 }, (_, n) => `${'a'.repeat(200)}${n}`);
  test.each<[string, unknown, Readonly<Record<string, string>>?]>([
    ['of unknown fields', cloudEvent({ ...BODY, ...many })],
    ['of one such field', cloudEvent({ ...BODY, [long]: 1 })],
    ['of repositories that are none', cloudEvent({ ...BODY, repositories: { [long]: ['content/read'] } })],
    ['of repositories that are not given', cloudEvent({ ...BODY, repositories: names }), { PROFILES: profiles }],
    ['of a type', cloudEvent(BODY, long)],
    ['of an id, a source and a subject', { ...cloudEvent({}), id: long, source: long, subject: long }],
  ])('is refused with a log line of at most 50 KB, full %s', async (_, event, settings) => {
    const { outcome, lines } = await deliver(event, { ...ACCEPTING, ...settings });
    expect([outcome, engine.starts]).toEqual(['taken', 0]);
    expect(lines.map(({ text }) => text).join().length).toBeLessThan(50_000);
  });
});

describe('a ClientRequested event', () => {
  test('that requests a lifetime too short for the near-expiry event is refused', async () => {
    const { outcome, lines } = await deliver(cloudEvent({ ...BODY, credentialLifetimeDays: 30 }));
    expect([outcome, engine.starts]).toEqual(['taken', 0]);
    expect(lines.map(({ text }) => text).join()).toContain('credentialLifetimeDays');
  });

  test.each([
    ['a CloudEvent', cloudEvent(BODY)],
    ["Event Grid's schema", gridEvent(BODY)],
  ])('starts the same onboarding as %s', async (_, event) => {
    const { outcome, lines } = await deliver(event);
    expect(outcome).toBe('taken');
    expect(engine.instances.get(INSTANCE)).toMatchObject({
      name: ONBOARD,
      input: { actor: 'event', request: onboarding(), fingerprint: onboardingRun().fingerprint },
    });
    expect(lines[0]?.text).toContain('"reason":"started"');
  });

  test('that is delivered twice attaches to the run of the first', async () => {
    await deliver(cloudEvent(BODY));
    const { outcome, lines } = await deliver(cloudEvent(BODY));
    expect([outcome, engine.instances.size]).toEqual(['taken', 1]);
    expect(lines[0]?.text).toContain('"reason":"attached"');
  });

  test.each<[string, unknown]>([
    ['no event', { hello: 'world' }],
    ['another type', cloudEvent(BODY, 'ConnectedRegistry.SomethingElse')],
    ['no data', cloudEvent(undefined)],
    ['bad data', cloudEvent({ ...BODY, client: '' })],
    ['a token', cloudEvent({ ...BODY, token: 'somebodys-token' })],
    ['a scope map', cloudEvent({ ...BODY, scopeMap: 'somebodys-map' })],
    ['the operator’s word to adopt', cloudEvent({ ...BODY, adopt: true })],
    ['an operator field', cloudEvent({ ...BODY, endpoint: 'evil:443' })],
    ['a right to write', cloudEvent({ ...BODY, repositories: { 'hello-world': ['content/read', 'content/write'] } })],
  ])('with %s ends with a warning, since a redelivery cannot succeed', async (_, event) => {
    const { outcome, lines } = await deliver(event);
    expect([outcome, engine.starts]).toEqual(['taken', 0]);
    expect(lines.map((line) => line.level)).toEqual(['warn']);
    expect(lines[0]?.text).toContain('clientRequested.refused');
  });

  test.each([
    ['token', { token: 'somebodys-token' }],
    ['scopeMap', { scopeMap: 'somebodys-map' }],
  ])('that names a %s is refused with the reason and the fix', async (field, more) => {
    const { lines } = await deliver(cloudEvent({ ...BODY, ...more }));
    expect(JSON.parse(lines[0]?.text ?? '')).toMatchObject({
      decision: 'invalid-data',
      errors: [{ field, message: 'must not be named by an event', fix: expect.stringContaining('profile') as string }],
    });
  });

  test.each([
    ['ClientRequested', BODY, 'onboard'],
    ['RevokeRequested', { connectedRegistry: BODY.connectedRegistry, client: BODY.client }, 'revoke'],
    ['OffboardRequested', { connectedRegistry: BODY.connectedRegistry, client: BODY.client }, 'offboard'],
  ])('without profiles %s is refused, unless the setting lists its kind', async (type, data, kind) => {
    const event = cloudEvent(data, `ConnectedRegistry.${type}`);
    for (const settings of [{}, { REQUEST_EVENTS: 'none' }, { REQUEST_EVENTS: OTHERS[kind] ?? '' }]) {
      const { outcome, lines } = await deliver(event, settings);
      expect([outcome, engine.starts]).toEqual(['taken', 0]);
      expect(JSON.parse(lines[0]?.text ?? '')).toMatchObject({
        event: 'clientRequested.refused',
        decision: 'not-accepted',
        errors: [{ field: 'type', message: expect.stringContaining(kind) as string }],
      });
    }

    await deliver(event, { REQUEST_EVENTS: kind });

    expect(engine.starts).toBe(1);
  });

  test('is logged with its invalid fields, without their values', async () => {
    const { lines } = await deliver(cloudEvent({ ...BODY, client: 'top secret/' }));
    expect(lines[0]?.text).toContain('"client"');
    expect(lines[0]?.text).not.toContain('top secret');
  });

  test('waits for another run of the client to end, and is redelivered if one is already waiting', async () => {
    const input = onboardingRun({ image: 'hello-world:2' });
    engine.instances.set(INSTANCE, { name: ONBOARD, input, runtimeStatus: 'Running' });

    expect((await deliver(cloudEvent(BODY))).outcome).toBe('taken');
    expect(engine.instances.get(waitingInstance(ONBOARD, onboarding()))).toMatchObject({ name: START_WHEN_FREE });

    const third = cloudEvent({ ...BODY, image: 'hello-world:3' });
    expect((await deliver(third)).outcome).toContain('delivered again');
  });

  test('is redelivered if the engine does not confirm the start', async () => {
    engine.onStart = () => undefined;
    expect((await deliver(cloudEvent(BODY))).outcome).toContain('delivered again');
  });
});
