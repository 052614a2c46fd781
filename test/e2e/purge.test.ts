import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ON_REAL_HOST, PATIENCE } from './harness/hostUnderTest.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

const DAY = 86_400_000;
const AFTER_DAYS = 3;

let it: TestStack;
let hostFolder: string;
let keys: { master: string; durable: string };
beforeAll(async () => {
  it = await startTestStack({
    settings: { PURGE_AFTER_DAYS: String(AFTER_DAYS) },
    ...(ON_REAL_HOST ? {} : { clock: 'scaled' }),
  });
  hostFolder = join(it.stack.ground.dataFolder, 'host');
  const file: unknown = JSON.parse(readFileSync(join(hostFolder, 'keys.json'), 'utf8'));
  keys = z.object({ master: z.string(), durable: z.string() }).parse(file);
});
afterAll(() => it.dispose());

const onboarded = async (client: string): Promise<string> => {
  const id = await it.app.start({
    connectedRegistry: 'myconnectedregistry',
    client,
    repositories: ['hello-world'],
  });
  expect((await it.app.end(id)).status).toBe('completed');
  return id;
};

const logged = (what: string): string[] =>
  readdirSync(hostFolder)
    .filter((name) => name === 'log' || name.endsWith('.log'))
    .flatMap((name) => readFileSync(join(hostFolder, name), 'utf8').split('\n'))
    .filter((line) => line.includes(what));

/** Purges by hand, as the host's admin API has it for any timer. */
async function purge(): Promise<void> {
  const before = logged('"runs.purged"').length;
  const { status } = await fetch(`${it.stack.endpoints.functions.url}/admin/functions/purgeEndedRuns`, {
    method: 'POST',
    headers: { 'x-functions-key': keys.master, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(status).toBe(202);
  const wait = { timeout: PATIENCE * 1000, interval: 100 };
  await vi.waitFor(() => expect(logged('"runs.purged"').length).toBeGreaterThan(before), wait);
}

test('the purge keeps a run that ended recently', async () => {
  const id = await onboarded('of-late');
  await purge();
  expect((await it.app.operation(id)).status).toBe('completed');
  expect(logged('run.purge.')).toEqual([]);
});

const ENTITIES = ['binder', 'mapholder'];

/** The entities of a kind, by the engine's own interface. */
async function entities(kind: string): Promise<string[]> {
  const url = `${it.stack.endpoints.functions.url}/runtime/webhooks/durabletask/instances/?code=${keys.durable}&instanceIdPrefix=@${kind}@`;
  const found = z.array(z.object({ instanceId: z.string() })).parse(await (await fetch(url)).json());
  return found.map(({ instanceId }) => instanceId);
}

test(
  'a run that ended before the retention period is purged; its audit and the entities are kept, and its client still works',
  { tags: 'jumping-clock' },
  async () => {
    const id = await onboarded('long-ago');
    const kept = await Promise.all(ENTITIES.map(entities));
    for (const ids of kept) expect(ids).not.toEqual([]);
    const later = new Date(Date.now() + (AFTER_DAYS + 2) * DAY).toISOString();
    const set = await fetch(it.stack.ground.places.clockUrl, {
      method: 'POST',
      body: JSON.stringify({ mode: 'scaled', now: later }),
    });
    expect({ status: set.status, text: await set.text() }).toMatchObject({ status: 200 });
    const purged = (): boolean => logged('run.purge.succeeded').some((line) => line.includes(id));
    await vi.waitFor(() => expect(purged()).toBe(true), { timeout: PATIENCE * 1000, interval: 100 });
    // How it ended is kept by the client's record.
    expect(await it.app.get(`operations/${id}`)).toMatchObject({
      status: 200,
      body: { status: 'completed', abridged: true },
    });
    expect(logged('run.start.succeeded').some((line) => line.includes(id))).toBe(true);
    expect(await Promise.all(ENTITIES.map(entities))).toEqual(kept);
    await onboarded('long-ago');
  },
);
