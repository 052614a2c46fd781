import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readHostKeys } from '@connected-registry/local-stack/stack/functionsHost';
import { registryId, topicId } from '@connected-registry/local-stack/stack/world';
import { pullCheckRequested, PULL_CHECK_REQUESTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { until } from '../../shared/until.js';
import { readState } from '../faults/simulatorState.js';
import { UNTHROTTLED } from '@connected-registry/local-stack/stack/unthrottled';
import { SHORT_WAITS } from '../harness/hostUnderTest.js';
import { keyOf, PULLED, reportOf } from '../harness/testDevice.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/**
 * How many creation events there are, and of how many devices; a multiple of ten, for the connected registries to
 * share.
 */
export interface StormSize {
  readonly events: number;
  readonly devices: number;
}

const REGISTRIES = 10;
const AT_ONCE = 25;
/** Longer than any machine takes, in milliseconds. */
const HANGS = 1_800_000;
const CONTAINER_REGISTRY = '2025-11-01';
const HUB_NAME = 'onboarding-local-hub';
const SYNC = ['content/read', 'metadata/read'].map((action) => `repositories/hello-world/${action}`);
const GATEWAY = ['config/read', 'config/write', 'message/read', 'message/write'];

const plants = Array.from({ length: REGISTRIES }, (_, n) => `plant${n}registry`);
const deviceNames = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `plant${n % REGISTRIES}-device-${n}`);
const profiles = plants.map((connectedRegistry, n) => ({
  name: `plant${n}`,
  match: { hub: HUB_NAME, device: `plant${n}-*` },
  connectedRegistry,
  repositories: ['hello-world'],
  endpoint: 'storm.test:443',
}));

let it: TestStack;
const reports: Promise<void>[] = [];

/** Makes a connected registry as the CLI does, and has it sync once, which activates it. */
async function connect(name: string): Promise<void> {
  const { operator, world, https } = it.stack.controlPlane;
  const registry = registryId(world);
  const put = (path: string, properties: unknown) =>
    operator.arm('PUT', `${registry}/${path}`, CONTAINER_REGISTRY, { properties });
  await put(`scopeMaps/${name}`, { actions: [...SYNC, ...GATEWAY.map((action) => `gateway/${name}/${action}`)] });
  await put(`tokens/${name}`, { scopeMapId: `${registry}/scopeMaps/${name}`, status: 'enabled' });
  const syncProperties = { tokenId: `${registry}/tokens/${name}`, messageTtl: 'P2D', schedule: '* * * * *' };
  await put(`connectedRegistries/${name}`, { mode: 'ReadOnly', parent: { syncProperties } });
  const password = await operator.generatePassword(name, 'password1');
  const answer = await https(`${it.stack.endpoints.azure.arm}/gateway/${world.registry}/${name}/sync`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` },
    body: {},
  });
  if (answer.status !== 200) throw new Error(`${name} did not sync: ${JSON.stringify(answer)}`);
}

const delivery = z.array(z.object({ type: z.string(), data: z.unknown() }));

/** Stands for every device's agent: what it is asked it reports as pulled, twice, as agents may. */
async function answerEveryCheck(): Promise<Server> {
  const server = createServer((request, response) => {
    void (async () => {
      if (request.method === 'OPTIONS') {
        response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
        return;
      }
      let text = '';
      for await (const chunk of request) text += String(chunk);
      response.writeHead(200).end();
      const given: unknown = JSON.parse(text);
      for (const { type, data } of delivery.parse(Array.isArray(given) ? given : [given]))
        if (type === PULL_CHECK_REQUESTED) reports.push(report(data));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const { operator, world } = it.stack.controlPlane;
  await operator.subscribe({
    source: topicId(world, 'signals'),
    name: 'all-devices',
    webhook: `http://localhost:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`,
    schema: 'CloudEventSchemaV1_0',
  });
  return server;
}

async function report(data: unknown): Promise<void> {
  const request = pullCheckRequested.parse(data);
  const { operation, attempt } = request;
  for (let n = 0; n < 2; n += 1)
    await it.app.report(operation, attempt, keyOf(request), reportOf(request, 'pulled', PULLED));
}

/** Creation events: each device's own, then repetitions, older ones, and some of devices that the hub does not have. */
function storm({ events: count }: StormSize, devices: readonly string[]): object[] {
  const now = Date.now();
  const events = Array.from({ length: count }, (_, n) => {
    const device = devices[n % devices.length] ?? '';
    const gone = n >= devices.length && n % 11 === 0;
    const deviceId = gone ? `${device}-gone` : device;
    // The k-th event of a device is older by k seconds than its newest, or the same.
    const age = n % 3 === 0 ? 0 : Math.floor(n / devices.length) * 1000;
    const at = new Date(now - 60_000 - age).toISOString();
    return n % 2 === 0 ? cloudEvent(deviceId, at) : gridEvent(deviceId, at);
  });
  // A fixed shuffle: neighbours are far apart. A prime, so that no event comes twice by it.
  return events.map((_, n) => events[(n * 1_999) % count] ?? {});
}

const facts = (deviceId: string) => ({
  id: `created-${deviceId}`,
  subject: `devices/${deviceId}`,
  data: { hubName: HUB_NAME, deviceId, twin: {} },
});
const type = 'Microsoft.Devices.DeviceCreated';
const cloudEvent = (deviceId: string, at: string) => ({
  ...facts(deviceId),
  specversion: '1.0',
  type,
  source: '/HUBS',
  time: at,
});
const gridEvent = (deviceId: string, at: string) => ({
  ...facts(deviceId),
  eventType: type,
  topic: '/HUBS',
  eventTime: at,
  dataVersion: '1',
  metadataVersion: '1',
});

/** Delivers as Event Grid does, and again what is not accepted. */
async function deliver(events: readonly object[]): Promise<void> {
  const keys = readHostKeys(`${it.stack.ground.dataFolder}/host/keys.json`);
  const code = encodeURIComponent(keys?.eventGrid ?? '');
  const url = `${it.stack.endpoints.functions.url}/runtime/webhooks/EventGrid?functionName=deviceChanged&code=${code}`;
  const queue = events.values();
  const courier = async () => {
    for (const event of queue)
      await until(
        async () => {
          const body = JSON.stringify('specversion' in event ? event : [event]);
          const headers = {
            'content-type': 'specversion' in event ? 'application/cloudevents+json' : 'application/json',
            'aeg-event-type': 'Notification',
          };
          return (await fetch(url, { method: 'POST', headers, body })).status;
        },
        (status) => status === 200 || status === 202,
        'an event is accepted',
        { pause: 200 },
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, courier));
}

const counted = z.object({
  principals: z.object({ app: z.object({ arm: z.object({ operations: z.record(z.string(), z.number()) }) }) }),
});

/** The test of a storm of this size, on a stack of its own. */
export function stormTest(size: StormSize): void {
  const devices = deviceNames(size.devices);

  let agents: Server;

  beforeAll(async () => {
    const { STEP_DEADLINE_SECONDS: _short, ...waits } = SHORT_WAITS as Record<string, string>;
    const long = { BIND: '300', PULL_CHECK: '300', UNDO: '300', STEP: '300' };
    it = await startTestStack({
      device: false,
      settings: {
        ...waits,
        ...UNTHROTTLED,
        ...Object.fromEntries(Object.entries(long).map(([name, value]) => [`${name}_DEADLINE_SECONDS`, value])),
        REPORT_TIMEOUT_SECONDS: '120',
        REPORTS_PER_MINUTE: '100000',
        PROFILES: JSON.stringify(profiles),
      },
    });
    const { controlPlane, endpoints } = it.stack;
    await controlPlane.https(`${endpoints.azure.arm}/_control/settings`, {
      method: 'PATCH',
      body: { clientsPerConnectedRegistry: 200, throttling: 0 },
    });
    for (const name of plants) await connect(name);
    agents = await answerEveryCheck();
  }, 900_000);
  afterAll(async () => {
    agents.close();
    agents.closeAllConnections();
    await it.dispose();
  });

  test(
    `${size.events} events, repeated and out of order, for ${size.devices} devices end in exactly ${size.devices} onboardings on ten connected registries`,
    async () => {
      const { endpoints, controlPlane } = it.stack;
      const { operator, world, https } = controlPlane;
      await operator.arm(
        'DELETE',
        `${world.iotHub.id}/providers/Microsoft.EventGrid/eventSubscriptions/deviceChanged`,
        '2022-06-15',
      );
      for (const device of devices) await operator.hubKey(device);
      const requests = `${endpoints.azure.arm}/_control/requests`;
      await https(requests, { method: 'DELETE' });
      const startedAt = Date.now();
      await deliver(storm(size, devices));
      const delivered = Date.now();

      const isDone = async () => {
        const { secrets } = await readState(it);
        return [...secrets.keys()].filter((name) => !name.endsWith('-candidate')).length;
      };
      await expect.poll(isDone, { timeout: HANGS, interval: 1000 }).toBe(devices.length);
      await Promise.all(reports);
      console.log(
        `storm: ${size.events} events delivered in ${((delivered - startedAt) / 1000).toFixed(1)} s, all onboarded after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
      );
      const { operations } = counted.parse((await https(requests)).body).principals.app.arm;
      expect(operations['Microsoft.ContainerRegistry/registries/generateCredentials/action']).toBe(devices.length);
      expect(operations['Microsoft.ContainerRegistry/registries/tokens/write']).toBe(devices.length);
      const { resourceGroup, registry } = endpoints.azure;
      for (const name of plants) {
        const { clientTokenIds = [] } = await it.operator.registries.connectedRegistries.get(
          resourceGroup,
          registry,
          name,
        );
        expect([name, new Set(clientTokenIds).size]).toEqual([name, devices.length / REGISTRIES]);
      }
    },
    HANGS,
  );
}
