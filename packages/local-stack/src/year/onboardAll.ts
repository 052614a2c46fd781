import { z } from 'zod';
import { nextMoment, type StandingTime } from './standingTime.js';
import type { YearWorld } from './world.js';

/** Milliseconds between two checks of operations that have not ended. */
const BETWEEN_LOOKS = 10 * 60_000;

const operation = z.object({ status: z.string(), failure: z.unknown().optional() });

/**
 * Onboards every client over HTTP, all at the same time, and lets time pass until the last one has ended.
 * @throws if one fails
 */
export async function onboardAll(world: YearWorld, time: StandingTime, lifetimeDays: number): Promise<void> {
  const { url, key } = world.app;
  const headers = { 'x-functions-key': key, 'content-type': 'application/json' };
  const open = new Set<string>();
  for (const { name, registry } of world.devices.map(({ client }) => client)) {
    const answer = await fetch(`${url}/api/onboardings`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        connectedRegistry: registry.name,
        client: name,
        repositories: ['hello-world'],
        endpoint: world.edges.hostOf(registry.name),
        credentialLifetimeDays: lifetimeDays,
      }),
    });
    const body = (await answer.json()) as { id?: string };
    if (answer.status !== 202 || body.id === undefined)
      throw new Error(`Onboarding ${name} returned ${answer.status}: ${JSON.stringify(body)}`);
    open.add(body.id);
  }
  const latest = time.clock.now().getTime() + 7 * 86_400_000;
  for (let looked = time.clock.now().getTime(); open.size > 0;) {
    await nextMoment(time);
    if (time.clock.now().getTime() < looked + BETWEEN_LOOKS) continue;
    looked = time.clock.now().getTime();
    for (const id of open) {
      const answer = await fetch(`${url}/api/operations/${id}`, { headers });
      const { status, failure } = operation.parse(await answer.json());
      if (status === 'completed') open.delete(id);
      else if (status !== 'running') throw new Error(`Onboarding ${id} ended as ${status}: ${JSON.stringify(failure)}`);
    }
    if (time.clock.now().getTime() > latest) throw new Error(`Not onboarded in a week: ${[...open].join(', ')}.`);
  }
}
