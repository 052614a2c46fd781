import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { z } from 'zod';
import { PlaneCaller } from './planeCaller.js';

const MAIN = compiled('azure-simulator/main.js');

const description = z.object({
  tenantId: z.string(),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  registry: z.string(),
  identities: z.object({ operator: z.object({ clientId: z.string(), clientSecret: z.string() }) }),
});

/** Clock ticks per second, the unit in /proc. */
const TICKS = 100;

/** The control plane in its own process, without throttling, and a caller with persistent connections. */
export class PlaneProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly world: z.infer<typeof description>,
    private readonly folder: string,
    private readonly caller: PlaneCaller,
  ) {}

  static async start(): Promise<PlaneProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'bench-azure-'));
    const flags = ['--port', '0', '--data', folder, '--quiet', '--throttling', '0'];
    const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the control plane ended')));
      child.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim().split(' ').at(-1) ?? ''));
    });
    const found = description.parse(JSON.parse(await readFile(join(folder, 'world.json'), 'utf8')));
    const ca = await readFile(join(folder, 'tls', 'ca.pem'), 'utf8');
    return new PlaneProcess(child, found, folder, new PlaneCaller(url, found, ca, 16));
  }

  get registryPath(): string {
    const { subscriptionId, resourceGroup, registry } = this.world;
    return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry}`;
  }

  /** @throws for any answer that is not a success */
  async call(method: string, path: string, body?: unknown, audience?: string): Promise<unknown> {
    const answer = await this.caller.call(method, path, body, audience);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** Seconds of processor time that it has used; undefined if the system does not report it. */
  processorSeconds(): number | undefined {
    try {
      const fields =
        readFileSync(`/proc/${this.child.pid ?? 0}/stat`, 'utf8')
          .split(') ')[1]
          ?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.caller.end();
    const ended = new Promise((resolve) => {
      this.child.once('exit', resolve);
    });
    this.child.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
