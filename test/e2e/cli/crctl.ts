import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installCrctl } from '../../shared/installedCrctl.js';
import { runProgram, type Ended } from '../../shared/runProgram.js';

/** `crctl` as it is published and installed, run as processes of their own, in a folder of its own. */
export class Crctl {
  readonly folder = mkdtempSync(join(tmpdir(), 'crctl-e2e-'));

  private constructor(
    private readonly parent: string,
    /** The program that npm has installed. */
    readonly program: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Packs and installs it. */
  static async installed(env: Readonly<Record<string, string>>): Promise<Crctl> {
    const parent = mkdtempSync(join(tmpdir(), 'crctl-installed-'));
    const { program } = await installCrctl(parent);
    return new Crctl(parent, program, env);
  }

  /** Runs one command line. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    // By Node's own path, since a test may leave no program on the path.
    const options = { cwd: this.folder, env: { HOME: this.folder, ...this.env, ...env } };
    return runProgram(process.execPath, [this.program, ...args], options);
  }

  /** The data of a command that succeeds. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { code, out, err } = await this.run([...args, '-o', 'json']);
    if (code !== 0) throw new Error(`crctl ${args.join(' ')} ended with ${code}: ${err}`);
    return JSON.parse(out);
  }

  dispose(): void {
    for (const folder of [this.folder, this.parent]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
