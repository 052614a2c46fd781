import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logIn } from '@connected-registry/azure-simulator/cli/login';
import type { World } from '../../packages/azure-simulator/src/world.js';

const MAIN = fileURLToPath(new URL('../../packages/azure-simulator/dist/main.js', import.meta.url));

/** The Azure simulator as a process of its own, and the real Azure CLI, signed in to it as the operator. */
export class AzCloud {
  private constructor(
    private readonly folder: string,
    private readonly server: ChildProcess,
    /** Its address. */
    readonly url: string,
    readonly world: World,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** @throws {Error} if the Azure CLI is not installed */
  static async start(): Promise<AzCloud> {
    if (spawnSync('az', ['version'], { stdio: 'ignore' }).status !== 0)
      throw new Error("The Azure CLI, 'az', is not installed (Debian package azure-cli): nothing was tested with it.");
    const folder = mkdtempSync(join(tmpdir(), 'az-'));
    const server = spawn(process.execPath, [MAIN, '--port', '0', '--data', folder, '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const arm = await new Promise<string>((resolve, reject) => {
      server.once('exit', () => reject(new Error('the control plane ended')));
      server.stdout.once('data', (line: Buffer) => resolve(line.toString().trim().split(' ').at(-1) ?? ''));
    });
    const world = JSON.parse(readFileSync(join(folder, 'world.json'), 'utf8')) as World;
    const azure = { arm, caFile: join(folder, 'tls', 'ca.pem'), tenantId: world.tenantId };
    const endpoints = JSON.stringify({ azure, identities: world.identities });
    writeFileSync(join(folder, 'endpoints.json'), endpoints, { mode: 0o600 });
    const environment = { ...process.env, ...logIn(folder, join(folder, 'az')), AZURE_CORE_OUTPUT: 'json' };
    return new AzCloud(folder, server, arm, world, environment);
  }

  /** Runs a command like an operator who pastes it into a shell. @returns what its JSON says */
  run(command: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-c', command], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
      let text = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      child.once('close', (code) => {
        if (code !== 0) return reject(new Error(`${command}\nexit code ${code}\n${errors}`));
        resolve(text.trim() === '' ? undefined : JSON.parse(text));
      });
    });
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => {
      this.server.once('close', resolve);
    });
    this.server.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
