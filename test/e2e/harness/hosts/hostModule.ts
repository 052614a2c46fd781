import { pathToFileURL } from 'node:url';
import { until } from '../../../shared/until.js';
import { VISIBILITY, type FunctionsHost, type HostOrder } from './order.js';

/** What a module that FUNCTIONS_HOST names is expected to export. */
interface HostModule {
  startHost(options: {
    app: string;
    port: number;
    data: string;
    visibility: string;
    env: Readonly<Record<string, string>>;
  }): Promise<{
    stop(): Promise<void>;
    killHost(): Promise<void>;
    restartHost(): Promise<void>;
    /** By name; `azurite` is there unless another storage is used. */
    pids(): Record<string, number | undefined>;
  }>;
}

/** How many times a start is tried: another process may take a port that the host has chosen for its storage. */
const TRIES = 3;

/** Starts the host of a module. It writes the keys by itself. */
export async function hostFromModule(file: string, order: HostOrder): Promise<FunctionsHost> {
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as HostModule;
  const host = await startedOf(module, order);
  return {
    kill: () => host.killHost(),
    startAgain: () => host.restartHost(),
    rest: async () => {
      await host.killHost();
      // The module's own stop ends the storage with SIGKILL, which loses what it has not saved yet.
      const { azurite } = host.pids();
      if (azurite === undefined) throw new Error('The host runs on a storage that is not its own.');
      await endStorage(azurite);
      await host.stop();
    },
    stop: () => host.stop(),
  };
}

async function startedOf(module: HostModule, order: HostOrder): ReturnType<HostModule['startHost']> {
  for (let tries = 1; ; tries += 1)
    try {
      return await module.startHost({ ...order, visibility: VISIBILITY });
    } catch (error) {
      if (tries >= TRIES || !String(error).includes('EADDRINUSE')) throw error;
    }
}

/** Azurite saves everything when it is asked to end. */
async function endStorage(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  await until(
    () => isRunning(pid),
    (isRunning) => !isRunning,
    `Azurite, process ${pid}, has ended`,
    { pause: 50 },
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
