import type { TestStack } from './testStack.js';

/** The read of a token by the app, which no cache answers and every preflight makes. */
const TOKEN_READ = { operation: 'Microsoft.ContainerRegistry/registries/tokens/read', principal: 'app' };

/**
 * Does `work` while no run can get past its preflight: what the work finds under way stays under way, however long it
 * takes. ARM refuses the preflight's read of the token until then, and the run tries again.
 */
export function whileRunsWait<T>(it: TestStack, work: () => Promise<T>): Promise<T> {
  return whileRefused(it, TOKEN_READ, work);
}

async function whileRefused<T>(
  { stack }: TestStack,
  match: { readonly operation: string; readonly principal: string },
  work: () => Promise<T>,
): Promise<T> {
  const faults = `${stack.endpoints.azure.arm}/_control/faults`;
  const { https } = stack.controlPlane;
  await https(faults, { method: 'POST', body: { match, status: 503 } });
  try {
    return await work();
  } finally {
    await https(faults, { method: 'DELETE' });
  }
}

/** The app's write of a client list. */
const LIST_WRITE = { operation: 'Microsoft.ContainerRegistry/registries/connectedRegistries/write', principal: 'app' };

/** Does `work` while ARM refuses the app every write of a client list: binding requests gather, and none is fulfilled. */
export function whileNothingIsBound<T>(it: TestStack, work: () => Promise<T>): Promise<T> {
  return whileRefused(it, LIST_WRITE, work);
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
