/** Compiles the conformance app and starts the local host on it, as a process of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import type { HubRecord } from '@connected-registry/functions-host/durable/hub/records';
import { openFileJournal } from '@connected-registry/functions-host/store/fileJournal';
import type { Keys } from './caseRun.js';

const root = projectRoot();
/** The compiled app. */
export const appDir = path.join(root, 'dist/conformance');
const startWithin = 30_000;

export interface HostProcess {
  readonly base: string;
  readonly keys: Keys;
  /** Where the app writes its turns. */
  readonly turns: string;
  /** Ends it, and answers what its journal holds. A host that somebody else started goes on, and answers nothing. */
  end(): Promise<HubRecord[]>;
  /** Ends it, if it has not, and removes its data. */
  stop(): Promise<void>;
}

/** The app's folder, compiled and complete. */
export function buildApp(): string {
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const project = path.join(root, 'test/conformance/app');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the conformance app does not compile:\n${stdout}`);
  copyFileSync(path.join(project, 'host.json'), path.join(appDir, 'host.json'));
  writeFileSync(path.join(appDir, 'package.json'), '{ "name": "conformance", "type": "module", "main": "index.js" }\n');
  return appDir;
}

/**
 * @param more variables of its environment
 * @param app its app's folder, compiled
 */
export async function startLocalHost(
  more: Readonly<Record<string, string>> = {},
  app: string = buildApp(),
): Promise<HostProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'conformance-'));
  const turns = path.join(folder, 'turns.jsonl');
  const data = path.join(folder, 'data');
  const main = path.join(root, 'packages/functions-host/dist/main.js');
  const child = spawn(process.execPath, [main, '--app', app, '--port', '0', '--data', data], {
    env: { ...process.env, ...more, GOLDEN_LOG: turns },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const end = async (): Promise<void> => {
    process.removeListener('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  const stop = async (): Promise<void> => {
    await end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const base = await ready(child);
    const keys = JSON.parse(readFileSync(path.join(data, 'keys.json'), 'utf8')) as Keys;
    return { base, keys, turns, stop, end: () => end().then(() => journalIn(path.join(data, 'durable'))) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function journalIn(folder: string): Promise<HubRecord[]> {
  const records: HubRecord[] = [];
  const journal = await openFileJournal(folder, (payload) => {
    const record = JSON.parse(payload) as HubRecord;
    // Where finished instances are changes nothing about them; who reads these records keeps them in memory.
    if (record.k !== 'archive') records.push(record);
  });
  await journal.close();
  return records;
}

/** The address in the ready line. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    const fail = (why: string): void => reject(new Error(`the local host ${why}:\n${output}${errors}`));
    const timer = setTimeout(() => fail('did not start in time'), startWithin);
    child.stdout?.on('data', (part: Buffer) => {
      output += part.toString();
      const match = /HOST READY (http:\S+)/.exec(output);
      if (match?.[1] === undefined) return;
      clearTimeout(timer);
      resolve(match[1]);
    });
    child.stderr?.on('data', (part: Buffer) => {
      errors = `${errors}${part.toString()}`.slice(-4000);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${String(code)}`);
    });
  });
}
