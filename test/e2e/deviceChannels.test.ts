import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channelEnvironment } from '@connected-registry/local-stack/stack/localDevice';
import { devicePlan } from '@connected-registry/local-stack/stack/plans';
import { startTestStack, type TestStack } from './harness/testStack.js';

const HUB_DEVICES = {
  name: 'hub-devices',
  match: { hub: 'onboarding-local-hub', device: '*' },
  connectedRegistry: 'myconnectedregistry',
  repositories: ['hello-world'],
  channel: 'iotHub',
};

describe('a device that nothing can reach', () => {
  let it: TestStack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-'));
    it = await startTestStack({
      settings: ({ identities }) => ({
        PROFILES: JSON.stringify([
          {
            name: 'asking-devices',
            match: { device: 'asking' },
            connectedRegistry: 'myconnectedregistry',
            repositories: ['hello-world'],
            channel: 'poll',
            pollers: { [identities.device.objectId]: 'asking' },
          },
        ]),
      }),
      device: { channel: { kind: 'poll' }, settings: { DOCKER_CONFIG_FILE: join(folder, 'config.json') } },
    });
  });
  afterAll(async () => {
    await it.dispose();
    await rm(folder, { recursive: true, maxRetries: 5 });
  });

  test('polls for its check with its own identity, and receives the promoted credential', async () => {
    const request = { connectedRegistry: 'myconnectedregistry', repositories: ['hello-world'], client: 'asking' };
    const ended = await it.app.end(await it.app.start(request));
    expect(ended).toMatchObject({ status: 'completed', result: { pull: { image: 'hello-world:latest' } } });
    const { name, version } = ended.result?.secret ?? { name: '', version: '' };
    const { value } = await it.operator.secrets.getSecret(name, { version });
    await expect
      .poll(async () => JSON.parse(await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}')) as unknown, {
        timeout: 20_000,
      })
      .toEqual(JSON.parse(value ?? ''));
  });
});

describe('a device of an IoT Hub', () => {
  let it: TestStack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-'));
    it = await startTestStack({
      settings: { PROFILES: JSON.stringify([HUB_DEVICES]) },
      device: {
        channel: { kind: 'iotHub', deviceId: 'present' },
        settings: { DOCKER_CONFIG_FILE: join(folder, 'config.json') },
      },
    });
  });
  afterAll(async () => {
    await it.dispose();
    await rm(folder, { recursive: true, maxRetries: 5 });
  });

  const onboard = (client: string) =>
    it.app.start({ connectedRegistry: 'myconnectedregistry', repositories: ['hello-world'], client });

  test('gets its check and the promotion by direct methods, and its engine gets the credential', async () => {
    const ended = await it.app.end(await onboard('present'));
    expect(ended).toMatchObject({ status: 'completed', result: { pull: { image: 'hello-world:latest' } } });
    const { name, version } = ended.result?.secret ?? { name: '', version: '' };
    const { value } = await it.operator.secrets.getSecret(name, { version });
    const file = join(folder, 'config.json');
    await expect
      .poll(async () => JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as unknown)
      .toEqual(JSON.parse(value ?? ''));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const said = () => readFile(it.stack.logFile('device'), 'utf8');
    await expect.poll(said).toMatch(/"promotion acknowledged".*"acknowledgement":"accepted"/);
  });

  test('that was offline finds its check in its twin when it connects', async () => {
    const { stack } = it;
    const { world, operator } = stack.controlPlane;
    await stack.end('device');
    const channel = await channelEnvironment({ channel: { kind: 'iotHub', deviceId: 'away' } }, world, operator);
    const id = await onboard('away');
    const asked = await it.app.watch(id, ({ steps }) =>
      steps.some(({ name, status }) => name === 'pullCheck' && status === 'waiting'),
    );
    expect(asked.status).toBe('running');
    await stack.start('device', devicePlan(stack.ground, world, channel));
    expect(await it.app.end(id)).toMatchObject({ status: 'completed' });
  });
});
