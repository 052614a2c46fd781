import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { onboardFleet } from '../../../src/bench/fleet/onboardFleet.js';

const SITES = [
  { registry: 'one', connectedRegistry: 'site1' },
  { registry: 'two', connectedRegistry: 'site2' },
];
const posted = z.object({ client: z.string(), registry: z.string(), connectedRegistry: z.string() });

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** An app that answers each onboarding as `refusal` says, and has completed an operation once it is asked for it. */
async function startApp(refusal: (client: string, tries: number) => number | undefined) {
  const promoted = new Set<string>();
  const tries = new Map<string, number>();
  const where: Record<string, string> = {};
  server = createServer((request, response) => {
    const answer = async () => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      if (request.method === 'GET') {
        const id = request.url?.split('/').at(-1) ?? '';
        const [status, failure] = id === 'device-2' ? ['rolledBack', { code: 'step-deadline' }] : ['completed'];
        const endedAt = '2026-01-01T00:00:0' + id.slice(-1) + 'Z';
        return response.end(JSON.stringify({ id, status, endedAt, failure }));
      }
      const { client, registry, connectedRegistry } = posted.parse(JSON.parse(text));
      const count = (tries.get(client) ?? 0) + 1;
      tries.set(client, count);
      const refused = refusal(client, count);
      if (refused !== undefined) return response.writeHead(refused, { 'retry-after': '0' }).end();
      where[client] = `${registry}/${connectedRegistry}`;
      promoted.add(client);
      return response.writeHead(202).end(JSON.stringify({ id: client }));
    };
    void answer();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
  const app = { url: `http://127.0.0.1:${address.port}`, key: 'key' };
  const fleet = { app, clients: 3, sites: SITES, promoted, pass: () => Promise.resolve(), say: () => undefined };
  return { fleet, where };
}

test('every client is posted to its connected registry, and its end is read with the code of a failure', async () => {
  const { fleet, where } = await startApp(() => undefined);

  const { ended, repeated } = await onboardFleet(fleet);

  expect(where).toEqual({ 'device-1': 'one/site1', 'device-2': 'two/site2', 'device-3': 'one/site1' });
  expect(ended.toSorted((left, right) => left.at - right.at)).toEqual([
    { id: 'device-1', isCompleted: true, code: undefined, at: Date.parse('2026-01-01T00:00:01Z') },
    { id: 'device-2', isCompleted: false, code: 'step-deadline', at: Date.parse('2026-01-01T00:00:02Z') },
    { id: 'device-3', isCompleted: true, code: undefined, at: Date.parse('2026-01-01T00:00:03Z') },
  ]);
  expect(repeated).toBe(0);
});

test('a request that is answered 503 is repeated and counted', async () => {
  const { fleet } = await startApp((client, tries) => (client === 'device-3' && tries < 3 ? 503 : undefined));

  const { ended, repeated } = await onboardFleet(fleet);

  expect([ended.length, repeated]).toEqual([3, 2]);
});

test('a request that is refused ends the measurement', async () => {
  const { fleet } = await startApp((client) => (client === 'device-2' ? 400 : undefined));

  await expect(onboardFleet(fleet)).rejects.toThrow('The app answered 400 to the onboarding of device-2');
});
