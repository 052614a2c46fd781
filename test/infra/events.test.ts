import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { evaluatedOf, INFRA, ofType } from './bicepCli.js';

const CONNECTED_REGISTRIES = 'Microsoft.ContainerRegistry/registries/connectedRegistries';

const route = z.object({
  function: z.string(),
  eventTypes: z.array(z.string()).min(1),
  operations: z.array(z.string()),
});
const sources = z
  .record(z.string(), z.array(route))
  .parse(JSON.parse(readFileSync(join(INFRA, 'modules', 'eventSources.json'), 'utf8')));

/** Names of the app's Event Grid functions, as src/index.ts registers them. */
function eventFunctions(): string[] {
  const index = readFileSync(join(projectRoot(), 'src', 'index.ts'), 'utf8');
  return [...index.matchAll(/\.eventGrid\(\s*'(\w+)'/g)].map(([, name]) => name ?? '').toSorted();
}

const subscription = z.object({
  destination: z.object({
    endpointType: z.literal('AzureFunction'),
    properties: z.object({ resourceId: z.string(), maxEventsPerBatch: z.literal(1) }),
  }),
  eventDeliverySchema: z.literal('CloudEventSchemaV1_0'),
  filter: z.object({ includedEventTypes: z.array(z.string()), advancedFilters: z.array(z.unknown()).optional() }),
  retryPolicy: z.object({ maxDeliveryAttempts: z.int().min(1).max(30), eventTimeToLiveInMinutes: z.literal(1440) }),
  deadLetterWithResourceIdentity: z.object({
    identity: z.object({ type: z.literal('UserAssigned'), userAssignedIdentity: z.string().regex(/id-events-/) }),
    deadLetterDestination: z.object({
      endpointType: z.literal('StorageBlob'),
      properties: z.object({ resourceId: z.string(), blobContainerName: z.literal('dead-letters') }),
    }),
  }),
});

const subscriptions = evaluatedOf('events')
  .predictedResources.filter(({ type }) => type.endsWith('/eventSubscriptions'))
  .map(({ name, properties }) => ({ name, ...subscription.parse(properties) }));

describe('event subscriptions', () => {
  test('exist for every Event Grid function of the app, and for nothing else', () => {
    const led = Object.values(sources)
      .flat()
      .map((one) => one.function);
    expect([...new Set(led)].toSorted()).toEqual(eventFunctions());
    expect([...new Set(subscriptions.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)))].toSorted()).toEqual(
      led.toSorted(),
    );
  });

  test('are retried for a day, then dead-lettered by an identity, and receive only their own types', () => {
    for (const { name, destination, filter } of subscriptions) {
      const called = name.slice(name.lastIndexOf('/') + 1);
      expect(destination.properties.resourceId).toMatch(new RegExp(`/functions/${called}$`));
      const types = Object.values(sources)
        .flat()
        .filter((one) => one.function === called)
        .flatMap((one) => one.eventTypes);
      expect(types).toEqual(expect.arrayContaining(filter.includedEventTypes));
    }
  });

  test('of a group of registries share one topic, and include only writes and deletions of connected registries', () => {
    const groups = ofType('events', 'Microsoft.EventGrid/systemTopics').filter(({ name }) => name.includes('-group-'));
    expect(groups.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^evgt-group-[a-z0-9]{13}-abc$/),
      // The topic that the group has.
      'evgt-group-1-abc',
    ]);
    const written = subscriptions.filter(({ name }) => name.endsWith('/connectedRegistryWritten'));
    expect(written).toHaveLength(2);
    for (const { filter } of written)
      expect(filter.advancedFilters).toEqual([
        {
          operatorType: 'StringIn',
          key: 'data.operationName',
          values: ['write', 'delete'].map((what) => `${CONNECTED_REGISTRIES}/${what}`),
        },
      ]);
  });

  test('have the types of events that the app knows', () => {
    const known = ['src/domain', 'packages/protocol/src/messages']
      .map((name) => join(projectRoot(), name))
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    for (const { eventTypes } of Object.values(sources).flat())
      for (const type of eventTypes) expect(known).toContain(`'${type}'`);
  });

  test('have an alert for the dead letters of every system topic', () => {
    const topics = ofType('events', 'Microsoft.EventGrid/systemTopics');
    expect(ofType('events', 'Microsoft.Insights/metricAlerts')).toHaveLength(topics.length);
    for (const { identity } of topics.map((topic) => z.looseObject({ identity: z.unknown() }).parse(topic)))
      expect(identity).toMatchObject({ type: 'UserAssigned' });
  });
});
