import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

const MINUTE = 60_000;

/** How rotations are started. */
export interface Starting {
  readonly app: { readonly url: string; readonly key: string };
  /** Rotations that start in a minute. */
  readonly perMinute: number;
  /** How long, in seconds. */
  readonly seconds: number;
}

/**
 * Starts a rotation of one client after the other at an even pace, so that some rows of the fleet change all the time.
 *
 * @param clients each is taken once, so that no run meets another one of its client
 * @returns how many have started
 * @throws if the clients do not suffice, or the app refuses a rotation
 */
export async function startRuns(
  clients: Iterator<ClientReference>,
  { app, perMinute, seconds }: Starting,
  wait: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<number> {
  const count = Math.floor((perMinute * seconds) / 60);
  const started = performance.now();
  for (let nth = 0; nth < count; nth += 1) {
    // Each has its own moment: a slow answer delays no later one.
    await wait(Math.max(0, started + (nth * MINUTE) / perMinute - performance.now()));
    const next = clients.next();
    if (next.done === true)
      throw new Error(`${nth} of ${count} rotations have started: the fleet has no more clients.`);
    const answer = await fetch(`${app.url}/api/rotations`, {
      method: 'POST',
      headers: { 'x-functions-key': app.key, 'content-type': 'application/json' },
      body: JSON.stringify({ clients: [next.value] }),
    });
    const text = await answer.text();
    if (answer.status !== 202)
      throw new Error(`The app answered ${answer.status} to the rotation of ${next.value.client}: ${text}`);
  }
  return count;
}
