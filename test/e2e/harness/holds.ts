import type { TestStack } from './testStack.js';

/** The read of a token by the app, which no cache answers and every preflight makes. */
const TOKEN_READ = { operation: 'Microsoft.ContainerRegistry/registries/tokens/read', principal: 'app' };

/**
 * Does `work` while no run can get past its preflight: what the work finds under way stays under way, however long it
 * takes. ARM refuses the preflight's read of the token until then, and the run tries again.
 */
export async function whileRunsWait<T>({ stack }: TestStack, work: () => Promise<T>): Promise<T> {
  const faults = `${stack.endpoints.azure.arm}/_control/faults`;
  const { https } = stack.controlPlane;
  await https(faults, { method: 'POST', body: { match: TOKEN_READ, status: 503 } });
  try {
    return await work();
  } finally {
    await https(faults, { method: 'DELETE' });
  }
}

/** Does `work` while the connected registry does not sync: no new credential works there, so no pull check passes. */
export async function whileNothingSyncs<T>({ stack }: TestStack, work: () => Promise<T>): Promise<T> {
  const set = async (offline: boolean): Promise<void> => {
    const answer = await fetch(`http://${stack.endpoints.edge.host}/_control/offline`, {
      method: 'POST',
      body: JSON.stringify({ offline }),
    });
    if (!answer.ok) throw new Error(`The connected registry answered ${answer.status}.`);
  };
  await set(true);
  try {
    return await work();
  } finally {
    await set(false);
  }
}
