import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

const KEY = 'the-only-key';
/** Seconds for which a token of GitHub is valid. */
const LIFETIME = 300;

/**
 * A provider of tokens for jobs, as GitHub Actions has one (docs.github.com, "OpenID Connect reference"): its keys are
 * public, and a job gets a token for an audience with the secret of its environment.
 */
export class OidcProvider {
  readonly subject = 'repo:contoso/fleet:environment:fleet';
  readonly audience = 'api://AzureADTokenExchange';
  readonly requestToken = 'the-request-token';
  /** Tokens that jobs have asked for, oldest first. */
  readonly issued: string[] = [];
  /** Statuses of the next answers to jobs. */
  readonly refusals: number[] = [];
  /** How it answers who asks for its discovery document or its keys; `never` leaves the caller waiting. */
  readonly faults: { discovery?: number | 'never'; keys?: number | 'never' | 'noKeys' } = {};

  private constructor(
    private readonly server: Server,
    private readonly keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey },
    private readonly now: () => Date,
  ) {}

  static async start(now: () => Date = () => new Date()): Promise<OidcProvider> {
    const server = createServer();
    const provider = new OidcProvider(server, await generateKeyPair('RS256'), now);
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void provider.#answer(request, response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What the runner puts into the environment of a job with `id-token: write`. */
  get env(): Record<string, string> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.issuer}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.requestToken,
    };
  }

  /** The federated credential that lets the provider's tokens sign an application in. */
  get credential(): { issuer: string; subject: string; audience: string } {
    const { issuer, subject, audience } = this;
    return { issuer, subject, audience };
  }

  /** A token, valid for five minutes; `undefined` leaves a claim out. */
  async token(
    claims: Partial<Record<'sub' | 'aud' | 'iss', string> & Record<'exp' | 'nbf', unknown>> = {},
  ): Promise<string> {
    const seconds = Math.floor(this.now().getTime() / 1000);
    const { issuer: iss, subject: sub, audience: aud } = this;
    return new SignJWT({ iss, sub, aud, iat: seconds, nbf: seconds, exp: seconds + LIFETIME, ...claims } as JWTPayload)
      .setProtectedHeader({ alg: 'RS256', kid: KEY })
      .sign(this.keys.privateKey);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.issuer);
    const reply = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const fault =
      pathname === '/keys' ? this.faults.keys : pathname.startsWith('/.') ? this.faults.discovery : undefined;
    if (fault === 'never') return;
    if (fault === 'noKeys') return reply(200, { keys: 'none' });
    if (fault !== undefined) return reply(fault, {});
    if (pathname === '/.well-known/openid-configuration') return reply(200, { jwks_uri: `${this.issuer}/keys` });
    if (pathname === '/keys')
      return reply(200, { keys: [{ ...(await exportJWK(this.keys.publicKey)), kid: KEY, alg: 'RS256', use: 'sig' }] });
    if (request.headers.authorization !== `Bearer ${this.requestToken}`) return reply(401, {});
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return reply(refusal, {});
    const token = await this.token({ aud: searchParams.get('audience') ?? '' });
    this.issued.push(token);
    reply(200, { value: token });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
