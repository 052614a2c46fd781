import { setTimeout as sleep } from 'node:timers/promises';
import { follow, onboard, type ShownStep } from '../../demo/operations.js';
import type { Stack } from '../../stack/stack.js';

/** What ten devices took when they were asked for at once. */
export interface ByApp {
  /** Seconds until the last of them was bound and its password saved. */
  readonly boundAndSaved: number;
  /** Seconds until the last of them had pulled and its password was the current one. */
  readonly proven: number;
  readonly tokens: readonly string[];
  readonly secrets: readonly string[];
}

/** Milliseconds between two looks at an operation, which the app asks its callers for (Retry-After): looks cost time, too. */
const LOOK_EVERY = 1000;

/**
 * Asks the app for all devices at once, as a fleet does. Times are the flow's own notes, which go by this machine's clock.
 *
 * @param name begins the names of the devices
 * @throws when one of them does not end as completed.
 */
export async function onboardFleet(stack: Stack, devices: number, name: string): Promise<ByApp> {
  const { functions, edge } = stack.endpoints;
  const started = Date.now();
  const addresses = await Promise.all(
    Array.from({ length: devices }, (_, n) =>
      onboard(functions, {
        connectedRegistry: edge.connectedRegistry,
        client: `${name}-${n + 1}`,
        repositories: ['hello-world'],
      }),
    ),
  );
  await sleep(LOOK_EVERY);
  const ended = await Promise.all(
    addresses.map((address) => follow(address, functions.key, () => undefined, LOOK_EVERY)),
  );
  const results = ended.map(({ id, status, result, failure }) => {
    if (!result) throw new Error(`${id} ended ${status}: ${failure?.code ?? ''} ${failure?.message ?? ''}`);
    return result;
  });
  const last = (ends: readonly number[]): number => (Math.max(...ends) - started) / 1000;
  return {
    boundAndSaved: last(ended.flatMap(({ id, steps }) => STEPS.map((step) => endOf(id, step, steps)))),
    proven: last(ended.map(({ id, endedAt }) => instant(id, 'it', endedAt))),
    tokens: results.map(({ token }) => token),
    secrets: results.map(({ secret }) => secret.name),
  };
}

/** The password is in the vault after the first; the token is on the client list, read back, after the second. */
const STEPS = ['issueCredentials', 'bind'];

function endOf(id: string, name: string, steps: readonly ShownStep[]): number {
  return instant(id, name, steps.findLast((step) => step.name === name)?.endedAt);
}

function instant(id: string, what: string, text = ''): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`${id} does not say when ${what} ended.`);
  return at;
}
