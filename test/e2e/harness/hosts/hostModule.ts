import { pathToFileURL } from 'node:url';
import { VISIBILITY, type FunctionsHost, type HostOrder } from './order.js';

/** What a module that FUNCTIONS_HOST names is expected to export. */
interface HostModule {
  startHost(options: {
    app: string;
    port: number;
    data: string;
    visibility: string;
    env: Readonly<Record<string, string>>;
  }): Promise<{ stop(): Promise<void>; killHost(): Promise<void>; restartHost(): Promise<void> }>;
}

/** Starts the host of a module. It writes the keys by itself. */
export async function hostFromModule(file: string, order: HostOrder): Promise<FunctionsHost> {
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as HostModule;
  const host = await module.startHost({ ...order, visibility: VISIBILITY });
  return { kill: () => host.killHost(), startAgain: () => host.restartHost(), stop: () => host.stop() };
}
