import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { World } from '../../../local/azure/world.js';
import { AzureProcess } from './azureProcess.js';

/** One run of the process, and a caller of it. */
export class AzureRun {
  readonly #tokens = new Map<string, string>();

  private constructor(
    readonly process: AzureProcess,
    readonly url: string,
    readonly world: World,
    readonly agent: Agent,
  ) {}

  static async start(data: string, clockUrl?: string): Promise<AzureRun> {
    const main = new AzureProcess(['--port', '0', '--data', data, '--quiet', '--throttling', '0'], clockUrl);
    const url = await main.ready();
    const world = JSON.parse(await readFile(join(data, 'world.json'), 'utf8')) as World;
    const agent = new Agent({
      keepAlive: true,
      maxSockets: 8,
      ca: await readFile(join(data, 'tls', 'ca.pem'), 'utf8'),
    });
    return new AzureRun(main, url, world, agent);
  }

  /** @throws when the connection breaks */
  async call(
    method: string,
    path: string,
    body?: unknown,
    audience?: string,
  ): Promise<{ status: number; body: unknown }> {
    const authorization = `Bearer ${await this.#token(audience ?? this.url)}`;
    return this.#send(method, path, body === undefined ? '' : JSON.stringify(body), {
      authorization,
      'content-type': 'application/json',
    });
  }

  /** Without a token, for the controls. */
  raw(method: string, path: string): Promise<{ status: number; body: unknown; location: string | undefined }> {
    return this.#send(method, path, '', {});
  }

  /** As from now on every token is asked for anew: time has passed. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.ended;
    this.agent.destroy();
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
    const path = `/${this.world.tenantId}/oauth2/v2.0/token`;
    const { body } = await this.#send('POST', path, form.toString(), {});
    const token = (body as { access_token: string }).access_token;
    this.#tokens.set(audience, token);
    return token;
  }

  #send(
    method: string,
    path: string,
    text: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: unknown; location: string | undefined }> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.url}${path}`, { method, agent: this.agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            body: answer === '' ? undefined : (JSON.parse(answer) as unknown),
            location: response.headers.location,
          });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}
