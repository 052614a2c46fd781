/** Hosts that are measured, each in its own process over the same app. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** `memory` and `disk` are the local host; `real` is Microsoft's over Azurite. */
export type HostKind = 'memory' | 'disk' | 'real';

/** Compiled files are in dist/; the app is plain JavaScript and stays in the sources. */
const here = path.dirname(fileURLToPath(import.meta.url));
const appDir = path.resolve(here, '../../../src/bench/host/app');

const startedWithin = 90_000;

/** Path of the real host's host.mjs, from FUNCTIONS_HOST (the file or its folder); undefined if it is not set. */
export function realHostScript(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = environment['FUNCTIONS_HOST'];
  if (given === undefined || given === '') return undefined;
  const file = existsSync(given) && statSync(given).isDirectory() ? path.join(given, 'host.mjs') : given;
  if (!existsSync(file)) throw new Error(`FUNCTIONS_HOST: there is no ${file}`);
  return path.resolve(file);
}

/** A running host with its own data folder, which is removed at its end. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #dataDir: string;

  private constructor(
    readonly kind: HostKind,
    readonly url: string,
    readonly durableKey: string,
    /** Milliseconds from the start of the process to its first answer. */
    readonly firstAnswer: number,
    child: ChildProcess,
    dataDir: string,
  ) {
    this.#child = child;
    this.#dataDir = dataDir;
  }

  /** @throws Error with the output of the process, if it ends or does not answer in time */
  static async start(kind: HostKind, dataDir?: string): Promise<HostProcess> {
    const folder = dataDir ?? (await mkdtemp(path.join(tmpdir(), 'host-bench-')));
    const port = await freePort();
    const began = performance.now();
    const child = spawn(process.execPath, commandLine(kind, folder, port), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    let output = '';
    child.stdout?.on('data', (part: Buffer) => (output += part.toString()));
    child.stderr?.on('data', (part: Buffer) => (output += part.toString()));
    const url = `http://localhost:${port}`;
    while (!(await answers(url))) {
      if (child.exitCode !== null || performance.now() - began > startedWithin) {
        child.kill('SIGKILL');
        throw new Error(`the ${kind} host did not answer:\n${output.slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const firstAnswer = performance.now() - began;
    const keys = JSON.parse(await readFile(path.join(folder, 'keys.json'), 'utf8')) as { durable: string };
    return new HostProcess(kind, url, keys.durable, firstAnswer, child, folder);
  }

  /** Kills it and starts it again over the same data. */
  async killAndStart(): Promise<HostProcess> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
    return HostProcess.start(this.kind, this.#dataDir);
  }

  /** Bytes of its durable state. */
  async bytesOnDisk(): Promise<number> {
    const folder = path.join(this.#dataDir, 'durable');
    const sizes = (await readdir(folder)).map(async (name) => {
      // It may have been removed since.
      return stat(path.join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      );
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Stops it and removes its data. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const bound = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
      await exit;
      clearTimeout(bound);
    }
    await rm(this.#dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function commandLine(kind: HostKind, dataDir: string, port: number): string[] {
  const local = fileURLToPath(import.meta.resolve('@connected-registry/functions-host/main'));
  switch (kind) {
    case 'disk':
      return ['--expose-gc', local, '--app', appDir, '--data', dataDir, '--port', String(port)];
    case 'memory':
      return ['--expose-gc', path.join(here, 'serve.js'), appDir, dataDir, String(port)];
    case 'real':
      return [realHostScript() ?? '', appDir, '--data', dataDir, '--port', String(port)];
  }
}

/** Excludes variables of this shell that would be settings of a host. */
function environment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'LANG', 'DOTNET_ROOT', 'FUNCTIONS_HOST'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/ping`)).status === 200;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
