import { Agent, request } from 'node:https';
import { z } from 'zod';

/** What a caller must know about a control plane's world. */
export interface CalledWorld {
  tenantId: string;
  identities: { operator: { clientId: string; clientSecret: string } };
}

export interface PlaneAnswer {
  status: number;
  body: unknown;
  location: string | undefined;
}

const granted = z.object({ access_token: z.string() });

/** Calls a control plane as the operator, over persistent connections, with a token for each audience. */
export class PlaneCaller {
  readonly #tokens = new Map<string, string>();
  readonly agent: Agent;

  /** @param ca the certificate, in PEM, that verifies the control plane */
  constructor(
    readonly url: string,
    readonly world: CalledWorld,
    ca: string,
    maxSockets: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets, ca });
  }

  /**
   * @param path below the control plane's address, or a whole URL
   * @throws if the connection breaks
   */
  async call(method: string, path: string, body?: unknown, audience = this.url): Promise<PlaneAnswer> {
    const authorization = `Bearer ${await this.#token(audience)}`;
    const headers = { authorization, 'content-type': 'application/json' };
    return this.#send(method, path, body === undefined ? '' : JSON.stringify(body), headers);
  }

  /** Without a token, for the test controls. */
  raw(method: string, path: string): Promise<PlaneAnswer> {
    return this.#send(method, path, '', {});
  }

  /** Requests every token again from now on, because time has passed. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  /** Closes its connections. */
  end(): void {
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
    const { body } = await this.#send('POST', `/${this.world.tenantId}/oauth2/v2.0/token`, form.toString(), {});
    const { access_token: token } = granted.parse(body);
    this.#tokens.set(audience, token);
    return token;
  }

  #send(method: string, path: string, text: string, headers: Record<string, string>): Promise<PlaneAnswer> {
    return new Promise((resolve, reject) => {
      const url = path.startsWith('https:') ? path : `${this.url}${path}`;
      const sent = request(url, { method, agent: this.agent, headers }, (response) => {
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
