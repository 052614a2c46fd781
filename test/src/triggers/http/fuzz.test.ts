import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { authorizeReport, reportPath } from '@connected-registry/protocol/messages/reportMac';
import { deriveReportKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { CLIENT_REQUESTED } from '../../../../src/domain/events/requestEvents.js';
import { ONBOARD, type OnboardingRun } from '../../../../src/domain/operations/run.js';
import { onClientRequested } from '../../../../src/triggers/eventGrid/clientRequested.js';
import { ONBOARD_PROFILE, type ProfileInput } from '../../../../src/domain/profiles/onboardProfile.js';
import { onConnectedRegistryWritten } from '../../../../src/triggers/eventGrid/connectedRegistryWritten.js';
import { onDeviceChanged } from '../../../../src/triggers/eventGrid/deviceChanged.js';
import { onSecretExpiring } from '../../../../src/triggers/eventGrid/secretExpiring.js';
import { postPullCheck } from '../../../../src/triggers/http/routes/pullChecks.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../../fakes/durable/durableClient.js';
import { report } from '../../fakes/worlds/onboardScript.js';
import { CONNECTED_REGISTRY, onboardingRun, RUN } from '../../fakes/answers/requests.js';
import {
  deviceEvent,
  requestEvent,
  sampleEvent,
  SCHEMAS,
  secretEvent,
  writtenEvent,
} from '../../../shared/sampleEvents.js';
import { createWorld } from '../../fakes/worlds/world.js';
import { ofRing } from '../../../e2e/harness/ring.js';

const CASES = ofRing({ default: 2_500, long: 10_000 });
const PROFILES = [
  {
    name: 'edge',
    match: { hub: 'plant-hub', device: 'edge-*' },
    connectedRegistry: CONNECTED_REGISTRY,
    repositories: ['hello-world'],
  },
  { name: 'new', match: { connectedRegistry: 'plant*' }, repositories: ['hello-world'], clients: ['gate'] },
];
const world = createWorld({ PROFILES: JSON.stringify(PROFILES), IOT_HUBS: 'plant-hub.azure-devices.net' });
for (const name of ['plantone', CONNECTED_REGISTRY])
  world.controlPlane.connectedRegistries.set(name, { name, mode: 'ReadOnly', isActive: true, clientTokens: [] });
world.hubs.hasDevice = async (_hub, device) => !device.includes('gone');
const functions = [
  onClientRequested(world.config),
  onDeviceChanged(world.config, world.queries),
  onConnectedRegistryWritten(world.config, world.queries),
  onSecretExpiring(world.config, world.queries),
];

/** Values that come near what the fields may hold. */
const near = fc.oneof(
  { arbitrary: fc.anything({ maxDepth: 2 }), weight: 2 },
  fc.constantFrom('', 'edge-1', 'edge-gone', 'plantone', CONNECTED_REGISTRY, 'hello-world', 'private-base', '*'),
  fc.constantFrom(['hello-world'], ['private-base'], { 'hello-world': ['content/write'] }, '__proto__', null, 0, -1),
  fc.string(),
  fc.nat(300).map((length) => 'x'.repeat(length)),
);
const names = fc.constantFrom(
  'id',
  'data',
  'subject',
  'eventType',
  'type',
  'eventTime',
  'time',
  'specversion',
  '__proto__',
);
const fields = fc.constantFrom(
  'deviceId',
  'hubName',
  'moduleId',
  'connectedRegistry',
  'client',
  'repositories',
  'image',
  'scopeMap',
  'token',
  'endpoint',
  'registry',
  'vault',
  'operationName',
  'resourceUri',
  'claims',
  'httpRequest',
  'Id',
  'constructor',
);
const changes = (keys: fc.Arbitrary<string>) => fc.array(fc.tuple(keys, near), { maxLength: 3 });

const sample = fc.constantFrom(
  deviceEvent('Created', 'edge-1'),
  writtenEvent('plantone'),
  secretEvent('SecretNearExpiry', `a-${'0'.repeat(16)}`, 'v1'),
  requestEvent(CLIENT_REQUESTED, { connectedRegistry: 'plantone', client: 'gate', repositories: ['hello-world'] }),
);
const almostEvent = fc
  .tuple(fc.constantFrom(...SCHEMAS), sample, changes(names), changes(fields))
  .map(([schema, facts, outer, inner]) => {
    const event = sampleEvent(schema, { ...facts, data: { ...facts.data, ...Object.fromEntries(inner) } });
    return { ...event, ...Object.fromEntries(outer) };
  });

describe('fuzzed events', () => {
  test('crash no function, and start only what a profile allows', async () => {
    let started = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(almostEvent, fc.anything()), fc.nat(functions.length - 1), async (event, which) => {
        const engine = new FakeDurableClient();
        const { context, lines } = invocation();
        await functions[which]?.(event, engine.client, context);
        expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
        expect(lines.length).toBeGreaterThan(0);
        for (const [id, { name, input }] of engine.instances) {
          started += 1;
          expect((input as OnboardingRun).actor).toBe('event');
          const requests = requestsOf(name, input);
          for (const request of requests) expectWithinProfiles(request);
          const own = name === ONBOARD_PROFILE ? [] : requests.map(clientKey);
          expect(name === ONBOARD_PROFILE || (name === ONBOARD && own.includes(id))).toBe(true);
        }
      }),
      { numRuns: CASES },
    );
    // Enough of the events were valid for the test to be meaningful.
    expect(started).toBeGreaterThan(CASES / 100);
  }, 120_000);
});

/** What the instance of a run, or of the start of a profile's clients, requests. */
function requestsOf(name: string, input: unknown): Onboarding[] {
  if (name === ONBOARD_PROFILE) return (input as ProfileInput).rows.map(({ request }) => request as Onboarding);
  return [(input as OnboardingRun).request];
}

function expectWithinProfiles({ permissions, endpoint, registry, connectedRegistry, client, image }: Onboarding): void {
  expect([permissions, endpoint, registry]).toEqual([{ 'hello-world': ['content/read'] }, undefined, 'myregistry']);
  expect(image).toMatch(/^hello-world[:@]/);
  const ofHub = connectedRegistry === CONNECTED_REGISTRY && client.startsWith('edge-') && !client.includes('gone');
  expect(ofHub || connectedRegistry.toLowerCase().startsWith('plant')).toBe(true);
}

describe('fuzzed reports', () => {
  const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
  const OTHER = 'myregistry-edge-other-0123456789abcdef';
  const keys = world.config.reportKeys;
  const good = report({ expiresAt: '2126-03-01T12:05:00.000Z' });
  const keyOf = (operation: string, attempt: number, expiresAt: string) =>
    `PullCheck k1:${deriveReportKey(keys.signing, { operation, attempt, expiresAt })}`;
  const operation = `${INSTANCE}.${RUN}`;
  const input = onboardingRun();
  const own = keyOf(operation, 2, good.expiresAt);
  const keyFor = (attempt: number) => ({
    keyId: 'k1',
    reportKey: deriveReportKey(keys.signing, { operation, attempt, expiresAt: good.expiresAt }),
    expiresAt: good.expiresAt,
  });
  const text = JSON.stringify(good);
  /** Proves the key for the good body, and no other. */
  const proven = authorizeReport(keyFor(2), { path: reportPath({ operation, attempt: 2 }), body: text });
  const forged = [
    authorizeReport(keyFor(2), { path: reportPath({ operation, attempt: 1 }), body: text }),
    authorizeReport(keyFor(1), { path: reportPath({ operation, attempt: 2 }), body: text }),
    authorizeReport({ ...keyFor(2), reportKey: 'x' }, { path: reportPath({ operation, attempt: 2 }), body: text }),
    proven.replace('k1', 'k2'),
    proven.replace(/, mac=.*/, ''),
    keyOf(`${OTHER}.${RUN}`, 2, good.expiresAt),
    keyOf(operation, 1, good.expiresAt),
    keyOf(operation, 2, '2126-03-02T12:05:00.000Z'),
    own.slice(0, -1),
    own.replace('k1', 'k2'),
  ];
  const value = fc.oneof(fc.constantFrom(null, 0, -1, 1e308, '', [], {}, true), fc.string());
  const field = fc.constantFrom(...Object.keys(good), 'vault', '__proto__');
  const changed = fc
    .array(fc.tuple(field, value), { maxLength: 3 })
    .map((some) => ({ ...good, ...Object.fromEntries(some) }));
  const body = fc.oneof(
    { arbitrary: fc.constant(good), weight: 4 },
    changed,
    value,
    fc.nat(6000).map((length) => 'x'.repeat(length)),
  );

  test('crash nothing, and reach a run only with the key of that attempt, or a MAC by it over this body', async () => {
    let accepted = 0;
    let proofs = 0;
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.oneof({ arbitrary: fc.constantFrom(own, proven), weight: 4 }, fc.constantFrom(...forged), fc.string()),
        fc.oneof(
          { arbitrary: fc.constant(operation), weight: 3 },
          fc.constantFrom(`${OTHER}.${RUN}`, `${INSTANCE}.other`),
          fc.string(),
        ),
        fc.oneof(
          { arbitrary: fc.constant('2'), weight: 3 },
          fc.constantFrom('1', '3', '0', 'NaN', '2.0', ' 2'),
          fc.string(),
        ),
        async (sent, authorization, of, attempt) => {
          const engine = new FakeDurableClient();
          const polled = { secret: { name: 'a-secret', version: 'v1' }, image: 'hello-world:latest' };
          const pullCheck = { attempt: 2, expiresAt: good.expiresAt, reports: {}, request: polled };
          for (const id of [INSTANCE, OTHER])
            engine.instances.set(id, {
              name: ONBOARD,
              input,
              runtimeStatus: 'Running',
              customStatus: { phase: 'pullCheck', steps: [], pullCheck },
            });
          const headers = /^[\x20-\x7e]*$/.test(authorization) ? { authorization } : {};
          const request = httpRequest({ body: toJson(sent), params: { operation: of, attempt }, headers });
          const { status } = seen(await postPullCheck(keys)(request, engine.client));
          expect([202, 400, 401, 410, 413]).toContain(status);
          expect(engine.raised.length).toBe(status === 202 ? 1 : 0);
          if (status !== 202) return;
          accepted += 1;
          expect(Number(attempt)).toBe(2);
          const isProven = authorization === proven;
          if (isProven) proofs += 1;
          const right = isProven ? [proven, text, operation] : [keyOf(of, 2, good.expiresAt), toJson(sent), of];
          expect([authorization, toJson(sent), of]).toEqual(right);
          expect(of).toBe(`${engine.raised[0]?.id ?? ''}.${RUN}`);
        },
      ),
      { numRuns: CASES },
    );
    expect([accepted > CASES / 100, proofs > CASES / 200]).toEqual([true, true]);
  }, 120_000);
});

/** Some of what fast-check makes is no JSON. */
function toJson(value: unknown): unknown {
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return 'not JSON';
  }
}
