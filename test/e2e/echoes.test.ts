import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ECHOES, type EchoKind } from '../src/azure/hostile/echoes.js';
import { FaultyLine } from './faults/faultyLine.js';
import { onboardingOf } from './harness/appClient.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import { findPasswords } from './harness/passwordSearch.js';
import { TestDevice } from './harness/testDevice.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

/* A vault and a Resource Manager that repeat every password in whatever they answer, and the whole app before them. */

let line: FaultyLine;
let it: TestStack;
let device: TestDevice;
beforeAll(async () => {
  line = await FaultyLine.open();
  const shortly = Object.fromEntries(['STEP', 'BIND', 'UNDO'].map((wait) => [`${wait}_DEADLINE_SECONDS`, '3']));
  const settings = { ...line.settings(), ...shortly, PASSWORD_REPLICATION_SECONDS: '1', RETRY_FIRST_SECONDS: '1' };
  it = await startTestStack({ settings });
  line.attach(it);
  device = await TestDevice.subscribe(it);
});
afterAll(async () => {
  line.echoing = undefined;
  await device.close();
  await it.dispose();
  await line.close();
});

const CLIENT = { connectedRegistry: 'myconnectedregistry', client: 'watched' };
/** One of each way in which an SDK reads an answer. */
const KINDS: readonly EchoKind[] = [403, 409, 500, '200 cut', '200 of other JSON', 'HTML as JSON', '302'];
const SERVICES = { vault: /\bsecrets\b/, arm: /\bregistries\b/ } as const;

test('every kind of failure has a search for repeated passwords', () => {
  for (const kind of KINDS) expect(ECHOES).toContain(kind);
});

test('no repeated password appears in answers, operations, checks, plans, alerts, logs or durable state', async () => {
  const { app } = it;
  const onboarded = await app.end(await app.start(onboardingOf(CLIENT.client)));
  expect(onboarded.status).toBe('completed');
  const key = it.secretOf(CLIENT.client);
  let failures = 0;
  for (const [service, names] of Object.entries(SERVICES))
    for (const kind of KINDS) {
      line.echoing = { kind, of: (call) => names.test(call) };
      const before = line.echoes;
      const client = `new-${service}-${String(kind).replaceAll(/\W+/g, '-').toLowerCase()}`;
      const [rotated, fresh] = await Promise.allSettled([app.rotate(CLIENT.client), app.start(onboardingOf(client))]);
      await Promise.all([
        app.get(`clients/${key.replace(/^.*?--/, '')}`),
        app.get(`clients?client=${CLIENT.client}`),
        app.get('rotations/schedule'),
        app.post(onboardingOf(CLIENT.client, { dryRun: true })),
        app.post({ clients: [CLIENT], dryRun: true }, 'rotations'),
        app.post({ clients: [CLIENT], dryRun: true }, 'offboardings'),
        app.post({ clients: [CLIENT] }, 'checks'),
      ]);
      for (const started of [rotated, fresh]) {
        if (started.status !== 'fulfilled') continue;
        const ended = await app.end(started.value, PATIENCE);
        if (ended.status !== 'completed') failures += 1;
      }
      await app.get('operations?top=100');
      expect(line.echoes).toBeGreaterThan(before);
    }
  line.echoing = undefined;
  expect(failures).toBeGreaterThan(KINDS.length);
  await vi.waitFor(() => expect(device.deliveries.join('\n')).toContain('ConnectedRegistry.RotationFailed'), {
    timeout: PATIENCE * 1000,
  });

  const { found, searched, inVaultStore } = await findPasswords(it, device.deliveries, line.generated);
  expect(found).toEqual([]);
  expect(inVaultStore).toBe(true);
  expect(searched).toBeGreaterThan(0);
}, 600_000);
