import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { claimPort } from '@connected-registry/local-stack/stack/ports';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { VISIBILITY, type FunctionsHost, type HostOrder } from './order.js';

/** Core Tools may have to download the extension bundle first. */
const READY_WITHIN = 180_000;
const ENDS_WITHIN = 15_000;

/** Azurite's account and key, which are published (Azure docs: storage-use-azurite). */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Core Tools' `func start` over an Azurite of its own. `--enableAuth` has it ask for keys as Azure does (Azure docs:
 * functions-core-tools-reference), which it reads from the folder for temporary files when secrets are kept in files
 * (AzureWebJobsSecretStorageType; source: azure-functions-core-tools, SelfHostWebHostSettingsFactory).
 */
export async function coreToolsHost({ app, port, data, env }: HostOrder): Promise<FunctionsHost> {
  const temporary = join(data, 'tmp');
  const secrets = join(temporary, 'secrets', 'functions', 'secrets');
  for (const folder of [secrets, join(data, 'azurite')]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const master = writeKeys(data, secrets);

  const azurite = await startAzurite(data);
  const provider = 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__';
  const environment = {
    ...process.env,
    FUNCTIONS_WORKER_RUNTIME: 'node',
    FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT: '1',
    AzureWebJobsStorage: azurite.connection,
    AzureWebJobsSecretStorageType: 'files',
    TMPDIR: temporary,
    [`${provider}partitionCount`]: '1',
    [`${provider}maxQueuePollingInterval`]: '00:00:00.2',
    [`${provider}controlQueueVisibilityTimeout`]: VISIBILITY,
    [`${provider}workItemQueueVisibilityTimeout`]: VISIBILITY,
    ...env,
  };

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = run('func', ['start', '--port', String(port), '--enableAuth'], join(data, 'host.log'), app, environment);
    await until(child, join(data, 'host.log'), async () => {
      const answer = await fetch(`http://localhost:${port}/admin/host/status?code=${master}`);
      return ((await answer.json()) as { state?: string }).state === 'Running';
    });
  };
  const stop = async (): Promise<void> => {
    if (child) await end(child, 'SIGTERM');
    await end(azurite.process, 'SIGKILL');
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const kill = async (): Promise<void> => child && (await end(child, 'SIGKILL'));
  const rest = async (): Promise<void> => {
    await kill();
    // Azurite saves everything when it is asked to end.
    await end(azurite.process, 'SIGTERM');
  };
  return { kill, startAgain: start, rest, stop };
}

/**
 * Writes keys as the host keeps them, and as the launcher reads them; those of an earlier start in the folder stay.
 *
 * @returns the master key.
 */
function writeKeys(data: string, secrets: string): string {
  const keysFile = join(data, 'keys.json');
  if (existsSync(keysFile))
    return z.object({ master: z.string() }).parse(JSON.parse(readFileSync(keysFile, 'utf8'))).master;
  const [master = '', own = '', durable = '', eventGrid = ''] = Array.from({ length: 4 }, () =>
    randomBytes(30).toString('base64url'),
  );
  const key = (name: string, value: string): object => ({ name, value, encrypted: false });
  const host = {
    masterKey: key('master', master),
    functionKeys: [key('default', own)],
    systemKeys: [key('durabletask_extension', durable), key('eventgrid_extension', eventGrid)],
  };
  writeFileSync(join(secrets, 'host.json'), JSON.stringify(host), { mode: 0o600 });
  writeFileSync(keysFile, JSON.stringify({ master, function: own, durable, eventGrid }), {
    mode: 0o600,
  });
  return master;
}

async function startAzurite(data: string): Promise<{ process: ChildProcess; connection: string }> {
  const taken = new Set<number>();
  const claim = async (): Promise<number> => {
    const port = await claimPort(0, '', taken);
    taken.add(port);
    return port;
  };
  const [blob, queue, table] = [await claim(), await claim(), await claim()];
  const own = join(projectRoot(), 'node_modules', '.bin', 'azurite');
  const ports = ['--blobPort', blob, '--queuePort', queue, '--tablePort', table].map(String);
  const flags = ['--silent', '--skipApiVersionCheck', '--disableTelemetry', '--location', join(data, 'azurite')];
  const log = join(data, 'azurite.log');
  const azurite = run(existsSync(own) ? own : 'azurite', [...flags, ...ports], log, data, process.env);
  await until(azurite, log, async () => (await fetch(`http://127.0.0.1:${table}/`)).status > 0);
  const url = (port: number): string => `http://127.0.0.1:${port}/${ACCOUNT}`;
  return {
    process: azurite,
    connection: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};BlobEndpoint=${url(blob)};QueueEndpoint=${url(queue)};TableEndpoint=${url(table)};`,
  };
}

/** A process in a group of its own, so that a kill reaches the workers that it has started. */
function run(command: string, args: string[], logFile: string, cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const killGroup = (): void => signal(child, 'SIGKILL');
  process.once('exit', killGroup);
  child.once('exit', () => process.off('exit', killGroup));
  return child;
}

async function until(child: ChildProcess, logFile: string, serves: () => Promise<boolean>): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const deadline = Date.now() + READY_WITHIN;
  for (;;) {
    if (await serves().catch(() => false)) return;
    if (failure) throw failure;
    if (hasEnded(child) || Date.now() > deadline)
      throw new Error(`${child.spawnfile} does not serve. ${logFile}:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    await sleep(200);
  }
}

async function end(child: ChildProcess, how: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  signal(child, how);
  const bound = setTimeout(() => signal(child, 'SIGKILL'), ENDS_WITHIN);
  await gone;
  clearTimeout(bound);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function signal(child: ChildProcess, how: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, how);
  } catch {
    // The group is gone already.
  }
}
