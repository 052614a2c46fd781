import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const step = z.object({
  name: z.string(),
  status: z.string(),
  attempts: z.number(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  message: z.string().optional(),
});
export type ShownStep = z.infer<typeof step>;

const operation = z.object({
  id: z.string(),
  status: z.enum(['running', 'completed', 'rolledBack', 'failed']),
  phase: z.string(),
  steps: z.array(step),
  endedAt: z.string().optional(),
  result: z
    .object({
      scopeMap: z.string(),
      token: z.string(),
      connectedRegistry: z.string(),
      secret: z.object({ name: z.string(), version: z.string(), slot: z.string(), expiresOn: z.string() }),
      pull: z.object({ image: z.string(), digest: z.string(), bytes: z.number(), milliseconds: z.number() }),
    })
    .optional(),
  failure: z.object({ code: z.string(), message: z.string(), residue: z.array(z.string()) }).optional(),
});
export type ShownOperation = z.infer<typeof operation>;

const accepted = z.object({ id: z.string() });

/** Milliseconds between two reads. */
const POLL = 100;
const DEADLINE = 60_000;

/**
 * Requests the onboarding of a client from the app, as any caller would.
 * @returns the operation's address
 * @throws for any answer other than 202
 */
export async function onboard(functions: { url: string; key: string }, request: unknown): Promise<string> {
  const answer = await fetch(`${functions.url}/api/onboardings`, {
    method: 'POST',
    headers: { 'x-functions-key': functions.key, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.status !== 202) throw new Error(`The app answered ${answer.status}: ${JSON.stringify(body)}`);
  return `${functions.url}/api/operations/${accepted.parse(body).id}`;
}

const page = z.object({ operations: z.array(z.object({ id: z.string(), client: z.string().optional() })) });

/**
 * Waits for the onboarding of a client that an event requests.
 * @returns the operation's address
 * @throws if there is none within a minute
 */
export async function onboardedByEvent(functions: { url: string; key: string }, client: string): Promise<string> {
  const deadline = Date.now() + DEADLINE;
  for (;;) {
    const answer = await fetch(`${functions.url}/api/operations?kind=onboard`, {
      headers: { 'x-functions-key': functions.key },
    });
    if (answer.status !== 200) throw new Error(`The app answered ${answer.status} to the list of operations.`);
    const found = page.parse(await answer.json()).operations.find((one) => one.client === client);
    if (found) return `${functions.url}/api/operations/${found.id}`;
    if (Date.now() > deadline) throw new Error(`No event has onboarded ${client} within ${DEADLINE / 1000} s.`);
    await sleep(POLL);
  }
}

/**
 * Polls an operation until it has ended, and shows each state.
 *
 * @param every milliseconds between two reads; the default suits a person who watches
 * @throws if it does not end within a minute
 */
export async function follow(
  address: string,
  key: string,
  show: (operation: ShownOperation) => void,
  every = POLL,
): Promise<ShownOperation> {
  const deadline = Date.now() + DEADLINE;
  for (;;) {
    const answer = await fetch(address, { headers: { 'x-functions-key': key } });
    if (answer.status !== 200) throw new Error(`GET ${address} answered ${answer.status}: ${await answer.text()}`);
    const seen = operation.parse(await answer.json());
    show(seen);
    if (seen.status !== 'running') return seen;
    if (Date.now() > deadline)
      throw new Error(`${address} is still in phase ${seen.phase} after ${DEADLINE / 1000} s.`);
    await sleep(every);
  }
}
