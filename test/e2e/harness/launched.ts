import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { refuseUnhandledErrors } from './hostLog.js';
import { ofRing } from './ring.js';
import type { Endpoints } from '@connected-registry/local-stack/stack/endpoints';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

/** Flags that take free ports. */
export const FREE = ['--functions-port', '0', '--azure-port', '0', '--edge-port', '0'];

const NPM = ['npm', 'run', '--silent', 'local', '--'] as const;
/** What npm runs then: in the default ring without npm itself, which takes as long to load as half of the launcher. */
const DIRECTLY = [process.execPath, 'scripts/run.mjs', 'packages/local-stack/dist/stack/main.js'] as const;

/** `npm run local` in a data folder of its own, as often as a test wants. */
export class Launched {
  readonly folder = mkdtempSync(join(tmpdir(), 'onboarding-launcher-'));
  /** What has to be ended when the test has ended. */
  readonly children: ChildProcess[] = [];

  /** Starts it; in the long ring by npm, as a user does. */
  launch(...flags: string[]): { child: ChildProcess; output: () => string } {
    return this.#start(ofRing<readonly string[]>({ default: DIRECTLY, long: NPM }), flags);
  }

  /** Starts it by npm, as a user does. */
  npmRun(...flags: string[]): { child: ChildProcess; output: () => string } {
    return this.#start(NPM, flags);
  }

  #start(
    [program = '', ...command]: readonly string[],
    flags: readonly string[],
  ): { child: ChildProcess; output: () => string } {
    const child = spawn(program, [...command, '--data', this.folder, ...flags], {
      cwd: projectRoot(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    return { child, output: () => text };
  }

  /** Once everything serves. */
  async endpoints(): Promise<Endpoints> {
    const file = join(this.folder, 'endpoints.json');
    await vi.waitUntil(() => existsSync(file), { interval: 50 });
    return JSON.parse(readFileSync(file, 'utf8')) as Endpoints;
  }

  async dispose(): Promise<void> {
    for (const child of this.children) if (child.exitCode === null && child.signalCode === null) await stop(child);
    try {
      refuseUnhandledErrors(this.folder);
    } finally {
      rmSync(this.folder, { recursive: true, maxRetries: 5 });
    }
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

export function lives(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
