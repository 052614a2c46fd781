/**
 * Starts a host for a test, in a process of its own, so that each one has its app's modules, environment and time to
 * itself.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ChildHost } from './childHost.js';
import type { FunctionsHost, StartOptions } from './functionsHost.js';
import { FunctionsHostError } from './functionsHostError.js';
import { HostProcess } from './hostProcess.js';

/** Milliseconds in which a host must serve. */
const startTimeout = 30_000;

/**
 * Starts a host over a compiled app. Resolves when it serves.
 * @throws FunctionsHostError with the reason: wrong options, an app that does not load, a taken port
 */
export async function startHost(options: StartOptions = {}): Promise<FunctionsHost> {
  const { app = '.', port = 0, store = 'memory', clock = 'system', nodeArguments = [], strict = false } = options;
  const appDir = path.resolve(app);
  if (!existsSync(path.join(appDir, 'package.json')))
    throw new FunctionsHostError(`app: ${appDir} has no package.json. Name the folder of your app.`);
  if (options.startAt !== undefined && clock !== 'jumping')
    throw new FunctionsHostError("startAt: only a clock that jumps can start at another time. Add clock: 'jumping'.");
  const startAt = new Date(options.startAt ?? Date.now()).getTime();
  if (Number.isNaN(startAt)) throw new FunctionsHostError(`startAt: '${String(options.startAt)}' is not a time.`);

  const inMemory = store === 'memory';
  const dataDir = inMemory ? await mkdtemp(path.join(tmpdir(), 'functions-host-')) : path.resolve(store);
  const host = new HostProcess({ nodeArguments, env: { ...process.env, ...options.env }, onLog: options.onLog });
  const cleanUp = async (): Promise<void> => {
    if (inMemory) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const time = clock === 'jumping' ? { startAt } : {};
    const order = { kind: 'start', appDir, dataDir, inMemory, port, strict, ...time } as const;
    const serving = await host.start(order, options.startTimeout ?? startTimeout);
    return new ChildHost({ host, serving, jumps: clock === 'jumping', cleanUp });
  } catch (error) {
    await host.kill();
    await cleanUp();
    throw error;
  }
}
