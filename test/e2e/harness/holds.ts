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

/**
 * Settings of an app in whose test {@link boundTogether} holds runs: no run gives up its binding while others are on
 * their way to theirs.
 */
export const PATIENT_BINDING = { BIND_DEADLINE_SECONDS: '3600' };

/**
 * Starts onboardings that are all bound together, whatever the pace of the machine: ARM refuses the app every write of
 * a client list until the binder has recorded the binding request of each run. Each refused write (503) follows one
 * read of the list.
 *
 * @param start starts the onboardings, and resolves with their ids
 * @returns the ids, as soon as ARM accepts the write
 */
export function boundTogether(it: TestStack, start: () => Promise<string[]>): Promise<string[]> {
  return whileRefused(it, LIST_WRITE, async () => {
    const ids = await start();
    // A run whose request to the binder was answered waits for its next try.
    for (const id of ids)
      await it.app.watch(id, ({ steps }) =>
        steps.some(({ name, status, attempts }) => name === 'bind' && (status === 'waiting' || attempts > 1)),
      );
    return ids;
  });
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
