import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { logIn } from '@connected-registry/azure-simulator/cli/login';
import type { Stack } from '../../stack/stack.js';

/** What a person has after the quickstart's commands for one device. */
export interface ByHand {
  readonly token: string;
  readonly passwordFile: string;
}

const created = z.object({
  name: z.string(),
  credentials: z.object({ passwords: z.array(z.object({ name: z.string(), value: z.string().min(1) })).min(1) }),
});

/** The Azure CLI with its own configuration, logged in at the stack's control plane. */
export class QuickstartByHand {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #names: readonly string[];
  readonly #folder: string;

  constructor(private readonly stack: Stack) {
    const { dataFolder } = stack.ground;
    this.#environment = { ...process.env, ...logIn(dataFolder, join(dataFolder, 'az')) };
    this.#folder = join(dataFolder, 'by-hand');
    mkdirSync(this.#folder, { mode: 0o700 });
    this.#names = ['--registry', stack.endpoints.azure.registry, '--output', 'json'];
  }

  /**
   * Runs the commands of Microsoft's quickstart "Pull images from a connected registry on IoT Edge device" for one
   * device, unchanged (Azure docs), and writes the passwords, which are shown only once, to a file.
   */
  async onboard(n: number): Promise<ByHand> {
    const [scopeMap, token] = [`hello-world-scopemap-${n}`, `myconnectedregistry-client-token-${n}`];
    const { connectedRegistry } = this.stack.endpoints.edge;
    await this.#az(['acr', 'scope-map', 'create', '--name', scopeMap, '--repository', 'hello-world', 'content/read']);
    const printed = await this.#az(['acr', 'token', 'create', '--name', token, '--scope-map', scopeMap]);
    const { passwords } = created.parse(JSON.parse(printed)).credentials;
    const passwordFile = join(this.#folder, `${token}.json`);
    writeFileSync(passwordFile, JSON.stringify(passwords), { mode: 0o600 });
    await this.#az(['acr', 'connected-registry', 'update', '--name', connectedRegistry, '--add-client-token', token]);
    return { token, passwordFile };
  }

  #az(command: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn('az', [...command, ...this.#names], {
        env: this.#environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [printed, errors] = ['', ''];
      child.stdout.on('data', (chunk) => (printed += String(chunk)));
      child.stderr.on('data', (chunk) => (errors += String(chunk)));
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(printed);
        else reject(new Error(`az ${command.slice(0, 3).join(' ')} ended with ${String(code)}: ${errors.trim()}`));
      });
    });
  }
}
