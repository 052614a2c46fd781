import type { ChainedTokenCredential } from '@azure/identity';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import type { World } from '../program/world.js';
import type { SignIn } from './place.js';

/**
 * Signs in by the first credential that is available: the workload identity of a pipeline or a cluster, a service principal of the
 * environment, the Azure CLI, or azd. No managed identity: asking for one takes seconds on machines that have none.
 */
export function entraSignIn(scope: string, { env }: Pick<World, 'env'>): SignIn {
  let credential: Promise<ChainedTokenCredential> | undefined;
  return async () => {
    credential ??= makeCredential(env);
    try {
      const { token } = await (await credential).getToken(scope);
      return { authorization: `Bearer ${token}` };
    } catch (error) {
      // The library says what it tried and why each failed; it repeats no token and no secret.
      const tried = error instanceof Error ? error.message.split('\n').slice(0, MAX_LINES) : [];
      throw new CommandError(EXIT.refused, `Authentication required: there is no sign-in for ${scope}.`, [
        ...tried,
        'Use `az login`, or the workload identity of the pipeline.',
      ]);
    }
  };
}

const MAX_LINES = 6;

async function makeCredential(env: World['env']): Promise<ChainedTokenCredential> {
  const sdk = await import('@azure/identity');
  // The library asks Microsoft's public authority whether another authority is one; private clouds do not reach it.
  const options = { disableInstanceDiscovery: Boolean(env['AZURE_AUTHORITY_HOST']) };
  const workload = env['AZURE_FEDERATED_TOKEN_FILE'] ? [new sdk.WorkloadIdentityCredential(options)] : [];
  return new sdk.ChainedTokenCredential(
    ...workload,
    new sdk.EnvironmentCredential(options),
    new sdk.AzureCliCredential(),
    new sdk.AzureDeveloperCliCredential(),
  );
}
