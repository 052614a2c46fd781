import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { startStack, type StackOptions } from '../../stack/startStack.js';
import type { Stack } from '../../stack/stack.js';

/** The exports of the module that FUNCTIONS_HOST names. */
interface HostModule {
  startHost(options: {
    app: string;
    port: number;
    data: string;
    env: Readonly<Record<string, string>>;
  }): Promise<{ stop(): Promise<void>; pids(): Record<string, number | undefined> }>;
}

/** The stack, with the app on one of the hosts. */
export interface FleetStack {
  readonly stack: Stack;
  /** Process ids of the app's host, without the storage emulator. */
  pids(): number[];
  stop(): Promise<void>;
}

/** @param hostScript host.mjs of Microsoft's own host; undefined for the local one */
export async function startFleetStack(options: StackOptions, hostScript: string | undefined): Promise<FleetStack> {
  if (hostScript === undefined) {
    const stack = await startStack(options);
    const pids = (): number[] => [stack.pidOf('host')].filter((pid) => pid !== undefined);
    return { stack, pids, stop: () => stack.stop() };
  }
  const data = join(options.dataFolder, 'host');
  const stack = await startStack({ ...options, externalHost: { keysFile: join(data, 'keys.json') } });
  try {
    const module = (await import(pathToFileURL(hostScript).href)) as HostModule;
    const env = JSON.parse(readFileSync(stack.appEnvironmentFile, 'utf8')) as Record<string, string>;
    const host = await module.startHost({ app: projectRoot(), port: stack.ground.ports.host, data, env });
    const pids = (): number[] =>
      Object.entries(host.pids()).flatMap(([name, pid]) => (name === 'azurite' || pid === undefined ? [] : [pid]));
    const stop = async (): Promise<void> => {
      await host.stop();
      await stack.stop();
    };
    try {
      await stack.connected;
    } catch (error) {
      await host.stop();
      throw error;
    }
    return { stack, pids, stop };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
