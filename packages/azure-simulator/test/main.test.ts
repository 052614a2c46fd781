import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AzureProcess } from './under-test/azureProcess.js';

describe('the process of the control plane', () => {
  let data: string;
  const started: AzureProcess[] = [];
  const start = (...args: string[]): AzureProcess => {
    const one = new AzureProcess(args);
    started.push(one);
    return one;
  };
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'azure-main-'));
  });
  afterEach(async () => {
    for (const one of started.splice(0)) {
      one.kill('SIGKILL');
      await one.ended;
    }
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });

  it('prints its flags with --help', async () => {
    const { code, stdout } = await start('--help').ended;
    expect(code).toBe(0);
    for (const flag of ['--port', '--data', '--mqtt-port', '--edge-host', '--tls-dir', '--client-limit', '--reset'])
      expect(stdout).toContain(flag);
  });

  it.each([
    [[]],
    [['--port', 'x', '--data', 'd']],
    [['--port', '70000', '--data', 'd']],
    [['--port', '0']],
    [['--port', '0', '--data', 'd', '--edge-host', 'nohost']],
    [['--port', '0', '--data', 'd', '--mqtt-port', 'mqtt']],
    [['--port', '0', '--data', 'd', '--client-limit', '0']],
    [['--port', '0', '--data', 'd', '--throttling', 'fast']],
    [['--nonsense']],
  ])('exits with 2 if the flags are invalid: %j', async (flags) => {
    const { code, stderr, stdout } = await start(...flags).ended;
    expect(code).toBe(2);
    expect(stderr).toContain('--help');
    expect(stdout).toBe('');
  });

  it('exits with 1 and names the flag if a port is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => {
      holder.listen(0, '127.0.0.1', () => resolve());
    });
    const { port } = holder.address() as AddressInfo;

    const { code, stderr } = await start('--port', String(port), '--data', data).ended;

    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} is taken; choose another with --port`);

    const forDevices = await start('--port', '0', '--mqtt-port', String(port), '--data', data).ended;
    expect(forDevices.stderr).toContain(`port ${port} is taken; choose another with --mqtt-port`);

    holder.close();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'writes world.json before it is ready, and exits with 0 on %s',
    async (signal) => {
      const main = start('--port', '0', '--data', data, '--edge-host', 'localhost:8123');
      const url = await main.ready();

      const world = JSON.parse(await readFile(join(data, 'world.json'), 'utf8')) as {
        topics: { signals: { endpoint: string } };
      };

      expect(world.topics.signals.endpoint).toBe(`${url}/topics/signals/api/events`);
      expect(await readFile(join(data, 'arm.ndjson'), 'utf8')).toContain('localhost:8123');

      main.kill(signal);
      expect((await main.ended).code).toBe(0);
    },
  );

  it('refuses a data folder of another version, and empties it with --reset', async () => {
    await writeFile(join(data, 'arm.ndjson'), '{"format":0}\n');

    const refused = await start('--port', '0', '--data', data).ended;

    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--reset');

    await start('--port', '0', '--data', data, '--reset').ready();
  });
});
