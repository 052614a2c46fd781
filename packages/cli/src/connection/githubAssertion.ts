import { z } from 'zod';
import type { World } from '../program/world.js';

/** The audience of tokens for Microsoft Entra in the public cloud (Azure docs: workload-identity-federation). */
const AUDIENCE = 'api://AzureADTokenExchange';
const REQUEST_TIMEOUT = 30_000;
const ATTEMPTS = 5;

const answer = z.object({ value: z.string().min(1) });

type Job = Pick<World, 'env' | 'fetch' | 'sleep' | 'interrupted'>;

/** What a job of GitHub Actions signs in as, by its environment. */
export interface GithubSignIn {
  readonly tenantId: string;
  readonly clientId: string;
  /** Gets a fresh token of GitHub. */
  readonly assertion: () => Promise<string>;
}

/**
 * The sign-in of a job with `id-token: write` that names an application. The job may ask GitHub for a token as often as
 * it needs one. A token lasts minutes, so what has signed in by one, as `azure/login` does, cannot sign in again when
 * its access token ends.
 *
 * @returns undefined outside of such a job
 */
export function githubSignIn({ env, ...world }: Job): GithubSignIn | undefined {
  const [url, secret] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  const [clientId, tenantId] = [env['AZURE_CLIENT_ID'], env['AZURE_TENANT_ID']];
  if (!url || !secret || !clientId || !tenantId) return undefined;
  const request = new URL(url);
  request.searchParams.set('audience', env['CRCTL_OIDC_AUDIENCE'] || AUDIENCE);
  return { clientId, tenantId, assertion: () => assertionFrom(request, secret, world) };
}

/** @throws {Error} whose message holds no secret */
async function assertionFrom(url: URL, secret: string, { fetch, sleep, interrupted }: Omit<Job, 'env'>) {
  for (let attempt = 1; ; attempt++) {
    const found = await ask().catch((error: unknown) => {
      interrupted.throwIfAborted();
      return error instanceof Error ? error.name : 'unknown';
    });
    if (typeof found === 'object') return found.value;
    if (attempt === ATTEMPTS) throw new Error(`GitHub gives this job no token (${found}): has it \`id-token: write\`?`);
    await sleep(2 ** attempt * 500, interrupted);
  }

  async function ask(): Promise<{ value: string } | string> {
    const response = await fetch(url, {
      headers: { accept: 'application/json', authorization: `Bearer ${secret}` },
      // A redirect could lead the secret elsewhere.
      redirect: 'error',
      signal: AbortSignal.any([interrupted, AbortSignal.timeout(REQUEST_TIMEOUT)]),
    });
    if (!response.ok) return String(response.status);
    const parsed = answer.safeParse(await response.json());
    return parsed.success ? parsed.data : 'an answer without a token';
  }
}
