import type { ChainedTokenCredential, TokenCredentialOptions } from '@azure/identity';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import type { World } from '../program/world.js';
import { githubSignIn } from './githubAssertion.js';
import { keptToken } from './keptToken.js';
import type { SignIn } from './place.js';

type Where = Pick<World, 'env' | 'fetch' | 'sleep' | 'interrupted' | 'now'>;

/**
 * Signs in by the first credential that is available: the workload identity of a pipeline or a cluster, a service
 * principal of the environment, a job of GitHub Actions, the Azure CLI, or azd. No managed identity: asking for one
 * takes seconds on machines that have none.
 *
 * The Azure CLI and azd are signed in as somebody else. If the environment names an application and how it signs in,
 * they are therefore left out: when that sign-in fails, the library would go on to them.
 *
 * @param client options of the library's client for Entra
 */
export function entraSignIn(scope: string, world: Where, client: TokenCredentialOptions = {}): SignIn {
  let credential: Promise<ChainedTokenCredential> | undefined;
  const token = keptToken(
    async () => (await (credential ??= makeCredential(world, client))).getToken(scope),
    () => world.now(),
  );
  return async () => {
    try {
      return { authorization: `Bearer ${await token()}` };
    } catch (error) {
      world.interrupted.throwIfAborted();
      // The library says what it tried and why each failed; it repeats no token and no secret.
      const tried = error instanceof Error ? error.message.split('\n').slice(0, MAX_LINES) : [];
      throw new CommandError(EXIT.refused, `Authentication required: there is no sign-in for ${scope}.`, [
        ...tried,
        isNamed(world)
          ? 'Correct the sign-in of the application that AZURE_CLIENT_ID names, or unset AZURE_CLIENT_ID to use that of the Azure CLI.'
          : 'Use `az login`, or the workload identity of the pipeline.',
      ]);
    }
  };
}

const MAX_LINES = 6;

/** Whether the environment names an application that signs in by an assertion. */
function isNamed(world: Where): boolean {
  const { env } = world;
  const hasFile = env['AZURE_FEDERATED_TOKEN_FILE'] && env['AZURE_CLIENT_ID'] && env['AZURE_TENANT_ID'];
  return Boolean(hasFile) || githubSignIn(world) !== undefined;
}

async function makeCredential(world: Where, client: TokenCredentialOptions): Promise<ChainedTokenCredential> {
  const { env } = world;
  const sdk = await import('@azure/identity');
  const authorityHost = env['AZURE_AUTHORITY_HOST'];
  // The library asks Microsoft's public authority whether another authority is one; private clouds do not reach it.
  const options = { ...client, ...(authorityHost ? { authorityHost, disableInstanceDiscovery: true } : {}) };
  const workload = env['AZURE_FEDERATED_TOKEN_FILE'] ? [new sdk.WorkloadIdentityCredential(options)] : [];
  const job = githubSignIn(world);
  const github = job ? [new sdk.ClientAssertionCredential(job.tenantId, job.clientId, job.assertion, options)] : [];
  return new sdk.ChainedTokenCredential(
    ...workload,
    // Available only with a secret, a certificate or a password.
    new sdk.EnvironmentCredential(options),
    ...github,
    ...(isNamed(world) ? [] : [new sdk.AzureCliCredential(), new sdk.AzureDeveloperCliCredential()]),
  );
}
