import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

const execute = promisify(execFile);

/** What a command line has printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `crctl` as it is published, run as processes of their own, in a folder of its own. */
export class Crctl {
  readonly folder = mkdtempSync(join(tmpdir(), 'crctl-e2e-'));

  private constructor(
    private readonly bundle: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Bundles it below `package`, where it finds the packages that stay outside of its bundle. */
  static async bundled(env: Readonly<Record<string, string>>): Promise<Crctl> {
    const parent = join(projectRoot(), 'package');
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(join(parent, 'crctl-'));
    await execute(process.execPath, [join(projectRoot(), 'packages', 'cli', 'deploy', 'bundle.mjs'), folder]);
    return new Crctl(folder, env);
  }

  /** Runs one command line. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const ended = execute(process.execPath, [join(this.bundle, 'crctl.mjs'), ...args], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], HOME: this.folder, ...this.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    ended.child.stdin?.end();
    return ended.then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: { code?: unknown; stdout?: unknown; stderr?: unknown }) => ({
        code: typeof error.code === 'number' ? error.code : -1,
        out: String(error.stdout),
        err: String(error.stderr),
      }),
    );
  }

  /** The data of a command that succeeds. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { code, out, err } = await this.run([...args, '-o', 'json']);
    if (code !== 0) throw new Error(`crctl ${args.join(' ')} ended with ${code}: ${err}`);
    return JSON.parse(out);
  }

  dispose(): void {
    for (const folder of [this.folder, this.bundle]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
