import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../../azure/main.js', import.meta.url));

const description = z.object({
  tenantId: z.string(),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  registry: z.string(),
  identities: z.object({ operator: z.object({ clientId: z.string(), clientSecret: z.string() }) }),
});

/** Ticks of the kernel's clock in a second, by which /proc counts. */
const TICKS = 100;

/** The control plane as a process of its own, with throttling off, and a caller that keeps its connections. */
export class PlaneProcess {
  readonly #tokens = new Map<string, string>();

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    readonly world: z.infer<typeof description>,
    readonly folder: string,
    readonly agent: Agent,
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
    return new PlaneProcess(child, url, found, folder, new Agent({ keepAlive: true, maxSockets: 16, ca }));
  }

  get registryPath(): string {
    const { subscriptionId, resourceGroup, registry } = this.world;
    return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${registry}`;
  }

  /** @throws for any answer that is not a success */
  async call(method: string, path: string, body?: unknown, audience = this.url): Promise<unknown> {
    const authorization = `Bearer ${await this.#token(audience)}`;
    return this.#send(method, path, body === undefined ? '' : JSON.stringify(body), { authorization });
  }

  /** Seconds of processor time that it has used; undefined where the system does not say. */
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
    this.agent.destroy();
    const ended = new Promise((resolve) => {
      this.child.once('exit', resolve);
    });
    this.child.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  async #token(audience: string): Promise<string> {
    const known = this.#tokens.get(audience);
    if (known !== undefined) return known;
    const { clientId, clientSecret } = this.world.identities.operator;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: `${audience}/.default`,
    });
    const answer = await this.#send('POST', `/${this.world.tenantId}/oauth2/v2.0/token`, form.toString(), {});
    const { access_token: token } = z.object({ access_token: z.string() }).parse(answer);
    this.#tokens.set(audience, token);
    return token;
  }

  #send(method: string, path: string, text: string, headers: Record<string, string>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const url = path.startsWith('https:') ? path : `${this.url}${path}`;
      const sent = request(url, { method, agent: this.agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          if (status >= 300) reject(new Error(`${method} ${url} answered ${status}: ${answer}`));
          else resolve(answer === '' ? undefined : (JSON.parse(answer) as unknown));
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}
