import { setMaxListeners } from 'node:events';
import { z } from 'zod';
import { atOnce } from '../atOnce.js';
import type { Devices } from '../devices.js';
import type { Site } from '../fleetWorld.js';
import { FleetDevice, type FleetContext, type PollCounts } from './fleetDevice.js';

/** Clients of one request for join tokens: the app's maximum. */
const TOKENS_EACH = 100;
/** Devices that join at the same time. */
const JOIN_AT_ONCE = 16;

const issued = z.object({ enrolments: z.array(z.object({ joinToken: z.string() })) });

/** The devices of a fleet that have joined, and how long that took. */
export interface JoinedFleet extends Devices {
  readonly joined: {
    /** From the first request of join tokens to the last redemption. */
    readonly seconds: number;
    readonly polls: Readonly<PollCounts>;
  };
  /** Rejects if a device is refused for good. Never resolves before the fleet is closed. */
  readonly failed: Promise<void>;
}

/** What joins, and where. */
export interface JoiningFleet {
  readonly app: { readonly url: string; readonly key: string };
  readonly clients: number;
  readonly sites: readonly Site[];
}

/**
 * Has every client's device join: an operator issues the join tokens, each device makes its keys and redeems its token.
 * Then all ask for their messages, as their agents would.
 *
 * @throws if a token is not issued, or a device is not let in
 */
export async function joinFleet({ app, clients, sites }: JoiningFleet): Promise<JoinedFleet> {
  const ending = new AbortController();
  // One request or pause of each device at a time.
  setMaxListeners(2 * clients + 10, ending.signal);
  const promoted = new Set<string>();
  const counts: PollCounts = { answered: 0, refused: 0 };
  const fleet: FleetContext = { url: app.url, promoted, counts, ending: ending.signal };
  const startedAt = performance.now();
  const named = Array.from({ length: clients }, (_, n) => ({ ...sites[n % sites.length], client: `device-${n + 1}` }));
  const devices: FleetDevice[] = [];
  for (let from = 0; from < clients; from += TOKENS_EACH) {
    const tokens = await issueTokens(app, named.slice(from, from + TOKENS_EACH));
    await atOnce(JOIN_AT_ONCE, tokens, async (token) => {
      devices.push(await FleetDevice.join(fleet, token));
    });
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const running = devices.map((device) =>
    device.run().catch((error: unknown) => {
      if (!ending.signal.aborted) throw error;
    }),
  );
  const failed = Promise.all(running).then(() => undefined);
  // A failure reaches those who wait for the fleet; without any it must not end the process.
  failed.catch(() => undefined);
  return {
    promoted,
    joined: { seconds, polls: counts },
    failed,
    async close() {
      ending.abort();
      await Promise.allSettled(running);
    },
  };
}

async function issueTokens(app: JoiningFleet['app'], clients: readonly object[]): Promise<string[]> {
  const answer = await fetch(`${app.url}/api/enrolments`, {
    method: 'POST',
    headers: { 'x-functions-key': app.key, 'content-type': 'application/json' },
    body: JSON.stringify({ clients }),
  });
  const text = await answer.text();
  // A client whose token was not stored in time has a problem in place of a token, and the bench has no second try.
  if (answer.status !== 201)
    throw new Error(`The app answered ${answer.status} to the request of join tokens: ${text}`);
  return issued.parse(JSON.parse(text)).enrolments.map(({ joinToken }) => joinToken);
}
