import { z } from 'zod';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { PullFailure } from '../pullFailure.js';
import type { RegistryCredentials } from '../secrets/dockerConfig.js';
import { parseChallenges } from './challenge.js';
import type { Challenge } from './challenge.js';
import { endpointUrl, get } from './http.js';
import type { Answer, HttpPolicy } from './http.js';
import { readText } from './verifiedBody.js';

/** Sends GETs to one registry with one credential, and answers its challenges. */
export interface RegistrySession {
  /**
   * Returns answers 2xx and 404.
   * @throws PullFailure for every other answer
   */
  get(path: string, accept?: string): Promise<Answer>;
}

const tokenAnswer = z
  .object({ token: z.string().min(1).optional(), access_token: z.string().min(1).optional() })
  .transform((answer) => answer.token ?? answer.access_token);

/**
 * Opens a session at the endpoint that the secret names. The password leaves the agent in only two cases: to the token
 * endpoint of that origin, or to the origin itself if it asks for Basic authentication (distribution docs:
 * spec/auth/token).
 */
export function openSession(
  { endpoint, username, password }: RegistryCredentials,
  repository: string,
  policy: HttpPolicy,
  signal: AbortSignal,
): RegistrySession {
  const base = endpointUrl(endpoint, policy);
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  let authorization: string | undefined;

  async function authorizationFor(challenges: Challenge[]): Promise<string> {
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer) return `Bearer ${await fetchToken(bearer)}`;
    if (challenges.some(({ scheme }) => scheme === 'basic')) return basic;
    throw new PullFailure('error', 'the registry asks for an unknown authentication scheme');
  }

  async function fetchToken({ parameters }: Challenge): Promise<string> {
    const { realm = '', service, scope = `repository:${repository}:pull` } = parameters;
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url?.origin !== base.origin) {
      throw new PullFailure('error', 'the token realm is on another origin than the registry, so it gets no password');
    }
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    const answer = await get(
      { url, accept: 'application/json', authorization: basic, redirects: false },
      policy,
      signal,
    );
    if (answer.status !== 200) {
      await answer.discard();
      const refused = answer.status === 401 || answer.status === 403;
      throw new PullFailure(refused ? 'unauthorized' : 'error', `the token endpoint answered ${answer.status}`);
    }
    const parsed = tokenAnswer.safeParse(parseJson(await readText(answer)));
    if (!parsed.success || parsed.data === undefined || !/^[\x21-\x7e]+$/.test(parsed.data)) {
      throw new PullFailure('error', "the token endpoint's answer has no valid token");
    }
    seenSecrets.remember(parsed.data);
    return parsed.data;
  }

  return {
    async get(path, accept) {
      const url = new URL(path, base);
      const request = { url, redirects: true, ...(accept !== undefined && { accept }) };
      let answer = await get({ ...request, authorization }, policy, signal);
      if (answer.status === 401) {
        // The first request has no token, and a token can expire during a long pull. Each request gets at most one new
        // token.
        const challenges = parseChallenges(answer.headers.get('www-authenticate'));
        await answer.discard();
        authorization = await authorizationFor(challenges);
        answer = await get({ ...request, authorization }, policy, signal);
      }
      if ((answer.status >= 200 && answer.status < 300) || answer.status === 404) return answer;
      throw await refusal(answer);
    },
  };
}

/**
 * Converts a refusal after authentication. The registry names the missing right in the challenge, the body or the
 * status.
 */
async function refusal(answer: Answer): Promise<PullFailure> {
  const { status } = answer;
  if (status !== 401 && status !== 403) {
    await answer.discard();
    return new PullFailure('error', `the registry answered ${status}`);
  }
  const challenges = parseChallenges(answer.headers.get('www-authenticate'));
  const body = await readText(answer);
  const denied =
    status === 403 ||
    challenges.some(({ parameters }) => parameters['error'] === 'insufficient_scope') ||
    errorCodes(body).includes('DENIED');
  return denied
    ? new PullFailure('insufficient-scope', `the token has no right to the repository (${status})`)
    : new PullFailure('unauthorized', 'the registry does not accept the token that it issued');
}

const errorEnvelope = z.object({ errors: z.array(z.object({ code: z.string() })) });

function errorCodes(body: string): string[] {
  const parsed = errorEnvelope.safeParse(parseJson(body));
  return parsed.success ? parsed.data.errors.map(({ code }) => code) : [];
}
