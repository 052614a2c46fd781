import { setTimeout as sleep } from 'node:timers/promises';
import { follow, onboard, type ShownStep } from '../../demo/operations.js';
import type { Stack } from '../../stack/stack.js';

/** Seconds that the app took for devices that were requested at the same time. */
export interface ByApp {
  /** Until the last one was bound and its password saved. */
  readonly boundAndSaved: number;
  /** Until the last one had pulled and its password was the current one. */
  readonly proven: number;
  readonly tokens: readonly string[];
  readonly secrets: readonly string[];
}

/**
 * Milliseconds between two reads of an operation, which the app requests from its callers (Retry-After), because reads
 * take time too.
 */
const LOOK_EVERY = 1000;

/**
 * Requests all devices from the app at the same time, as a fleet does. Times are those in the flow's steps, by this
 * machine's clock.
 *
 * @param name prefix of the names of the devices
 * @throws if one of them does not end as completed
 */
export async function onboardByApp(stack: Stack, devices: number, name: string): Promise<ByApp> {
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

/** After the first step the password is in the vault; after the second the token is on the client list, read back. */
const STEPS = ['issueCredentials', 'bind'];

function endOf(id: string, name: string, steps: readonly ShownStep[]): number {
  return instant(id, name, steps.findLast((step) => step.name === name)?.endedAt);
}

function instant(id: string, what: string, text = ''): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`${id} does not say when ${what} ended.`);
  return at;
}
