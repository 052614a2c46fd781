import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { atOnce } from './atOnce.js';
import type { Site } from './fleetWorld.js';

/** Requests in progress while the fleet is posted. */
const POSTED_AT_ONCE = 64;
/** Requests in progress while operations are read. */
const READ_AT_ONCE = 8;
/** Minimum milliseconds between two reads of all open operations. */
const BETWEEN_SWEEPS = 5_000;
/** Milliseconds that each open operation adds to that, since reads take the app's time, too. */
const FOR_EACH = 50;
/** Maximum tries of a request that is answered 503. */
const MAX_TRIES = 20;
/** Milliseconds of real time after which the bench gives up if no operation ends. */
const STUCK = 1_800_000;
/** Milliseconds between two lines about the progress. */
const SAY_EVERY = 15_000;

const accepted = z.object({ id: z.string() });
const operation = z.object({
  status: z.string(),
  endedAt: z.string().optional(),
  failure: z.object({ code: z.string() }).optional(),
});

/** An onboarding that has ended. */
export interface Ended {
  readonly id: string;
  readonly isCompleted: boolean;
  /** Its failure code, unless it is completed. */
  readonly code: string | undefined;
  /** Milliseconds since the epoch, by the app's clock. */
  readonly at: number;
}

export interface FleetOnboarding {
  readonly app: { readonly url: string; readonly key: string };
  readonly clients: number;
  readonly sites: readonly Site[];
  /** Operations that have probably ended. They are removed once they have been read. */
  readonly promoted: Set<string>;
  /** Lets some time pass. */
  readonly pass: () => Promise<void>;
  readonly say: (text: string) => void;
}

/** How the fleet's onboardings ended. */
export interface OnboardedFleet {
  readonly ended: readonly Ended[];
  /** Requests that the app answered 503, and that were repeated. */
  readonly repeated: number;
}

/**
 * Requests every client's onboarding at once, and waits until the last one has ended.
 *
 * @throws if a request is refused, or nothing ends for half an hour
 */
export async function onboardFleet(fleet: FleetOnboarding): Promise<OnboardedFleet> {
  const { open, repeated } = await postAll(fleet);
  const ended: Ended[] = [];
  let [lastSweep, lastEnd, lastSaid] = [performance.now(), performance.now(), performance.now()];
  while (open.size > 0) {
    await fleet.pass();
    const now = performance.now();
    const isSweep = now - lastSweep > Math.max(BETWEEN_SWEEPS, open.size * FOR_EACH);
    const due = isSweep ? [...open] : [...fleet.promoted].filter((id) => open.has(id));
    fleet.promoted.clear();
    const before = ended.length;
    await atOnce(READ_AT_ONCE, due, async (id) => {
      const end = await readEnd(fleet.app, id);
      if (!end) return;
      open.delete(id);
      ended.push(end);
    });
    if (isSweep) lastSweep = performance.now();
    if (ended.length > before) lastEnd = performance.now();
    if (now - lastEnd > STUCK)
      throw new Error(`${open.size} onboardings are running, and none ended for half an hour.`);
    if (now - lastSaid < SAY_EVERY) continue;
    lastSaid = now;
    fleet.say(`${ended.length} of ${fleet.clients} have ended`);
  }
  return { ended, repeated };
}

async function postAll({ app, clients, sites }: FleetOnboarding): Promise<{ open: Set<string>; repeated: number }> {
  const open = new Set<string>();
  let repeated = 0;
  const numbers = Array.from({ length: clients }, (_, n) => n);
  await atOnce(POSTED_AT_ONCE, numbers, async (n) => {
    const body = { ...sites[n % sites.length], client: `device-${n + 1}`, ...REQUEST };
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(`${app.url}/api/onboardings`, {
        method: 'POST',
        headers: { 'x-functions-key': app.key, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (answer.status === 202 || (answer.status === 200 && tries > 1)) {
        open.add(accepted.parse(JSON.parse(text)).id);
        return;
      }
      if (answer.status !== 503 || tries === MAX_TRIES)
        throw new Error(`The app answered ${answer.status} to the onboarding of device-${n + 1}: ${text}`);
      repeated += 1;
      await sleep(1000 * Number(answer.headers.get('retry-after') ?? 1));
    }
  });
  return { open, repeated };
}

/** Where devices reach their connected registry. Nothing is pulled from there: the reports are made up. */
export const ENDPOINT = 'edge.fleet.test:443';

/** What is requested for each client. */
export const REQUEST = { repositories: ['hello-world'], endpoint: ENDPOINT };

async function readEnd(app: FleetOnboarding['app'], id: string): Promise<Ended | undefined> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${app.url}/api/operations/${id}`, { headers: { 'x-functions-key': app.key } });
    const text = await answer.text();
    if (answer.status === 200) {
      const { status, endedAt, failure } = operation.parse(JSON.parse(text));
      if (status === 'running') return undefined;
      return { id, isCompleted: status === 'completed', code: failure?.code, at: Date.parse(endedAt ?? '') };
    }
    if (tries > 5) throw new Error(`The operation ${id} was answered ${answer.status}: ${text}`);
    await sleep(1000);
  }
}
