/** Both hosts over the conformance app. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Case, Keys, Target } from '../run/caseRun.js';
import { buildApp, startLocalHost } from '../run/hostProcess.js';
import { seenIn } from '../run/seenIn.js';
import { TurnReader } from '../run/turns.js';
import type { View } from '../run/view.js';

/** A module that runs the real host. */
interface HostModule {
  startHost(options: { app: string; data: string; env: Record<string, string> }): Promise<{
    base: string;
    keys: Keys;
    stop(): Promise<void>;
  }>;
}

export interface Host {
  readonly name: 'real' | 'local';
  /** Runs a case under a name that no other run has. */
  see(name: string, run: Case): Promise<View>;
  stop(): Promise<void>;
}

let runs = 0;

function hostAt(name: Host['name'], at: { base: string; keys: Keys; turns: string }, stop: () => Promise<void>): Host {
  const reader = new TurnReader(at.turns);
  return {
    name,
    see: (seed, run) => {
      const target: Target = {
        base: at.base,
        keys: at.keys,
        peer: 'http://no.peer',
        run: `q${(runs += 1).toString(36)}z`,
      };
      return seenIn(seed, run, target, reader);
    },
    stop: async () => {
      await reader.close();
      await stop();
    },
  };
}

async function startReal(script: string, app: string, env: Record<string, string>): Promise<Host> {
  const data = await mkdtemp(path.join(tmpdir(), 'fuzz-real-'));
  const turns = path.join(data, 'turns.jsonl');
  const module = (await import(pathToFileURL(script).href)) as HostModule;
  const host = await module.startHost({ app, data, env: { ...env, GOLDEN_LOG: turns } });
  return hostAt('real', { base: host.base, keys: host.keys, turns }, async () => {
    await host.stop();
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });
}

/**
 * Starts both.
 *
 * @param script module of the real host
 * @param routes templates of the app's drawn functions, by name
 */
export async function startHosts(script: string, routes: Record<string, string>): Promise<[real: Host, local: Host]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fuzz-routes-'));
  const file = path.join(folder, 'routes.json');
  await writeFile(file, JSON.stringify(routes));
  const env = { FUZZ_ROUTES: file };
  // Once: the real host starts again when a file of its app changes.
  const app = buildApp();
  const real = await startReal(script, app, env);
  const stopReal = async (): Promise<void> => {
    await real.stop();
    // Its worker reads it again when it has to start again.
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const host = await startLocalHost(env, app);
    const base = host.base.replace('127.0.0.1', 'localhost');
    const local = hostAt('local', { ...host, base }, () => host.stop());
    return [{ ...real, stop: stopReal }, local];
  } catch (error) {
    await stopReal();
    throw error;
  }
}
