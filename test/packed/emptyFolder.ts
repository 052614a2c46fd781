import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const root = projectRoot();

/** `npm run` hands its own settings on, of which some are about this project. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|VITEST)/.test(name)),
);

/** A folder outside of this repository, with npm and nothing else. */
export class EmptyFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'empty-folder-'));
  readonly #children: ChildProcess[] = [];

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), text);
    }
  }

  /**
   * Runs a program to its end, in a folder below this one or elsewhere.
   * @throws Error with what it printed, if it fails
   */
  run(folder: string, command: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: resolve(this.path, folder),
      encoding: 'utf8',
      env,
    });
    if (status !== 0)
      throw new Error(`${command} ${args.join(' ')} ended with ${status ?? 'a signal'}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Packs the host, and installs it with the packages of Functions apps in the versions of this repository. */
  installHost(): void {
    const packed = join(this.path, 'packed');
    mkdirSync(packed);
    const archive = this.run(
      'packed',
      process.execPath,
      join(root, 'packages/functions-host/deploy/pack.mjs'),
      '--to',
      packed,
    );
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const ofApps = ['@azure/functions', 'durable-functions'].map((name) => `${name}@${dependencies[name] ?? ''}`);
    this.write({ 'package.json': '{"private":true}' });
    // What npm ci has fetched for this repository need not be fetched again.
    const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent'];
    this.run('.', 'npm', 'install', ...quietly, join(packed, archive.trim()), ...ofApps);
  }

  /** Starts a host with npx. @returns its address and what it printed before it served */
  async npxStart(app: string): Promise<{ readonly url: string; readonly printed: string }> {
    // A group of its own, since npx stands between this process and the host.
    const child = spawn('npx', ['--no-install', 'functions-host', 'start', '--port', '0'], {
      cwd: join(this.path, app),
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    let printed = '';
    child.stderr.on('data', (part: Buffer) => (printed += part.toString()));
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith('HOST READY ')) return { url: line.slice('HOST READY '.length), printed };
    throw new Error(`The host ended before it served:\n${printed}`);
  }

  async dispose(): Promise<void> {
    for (const child of this.#children) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      process.kill(-child.pid, 'SIGTERM');
      await exit;
    }
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}
