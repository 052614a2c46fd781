import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { sealingKey, signingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { inEnvelope, sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { sealToJoiner } from '@connected-registry/protocol/enrolment/joinToken';
import { readSignature, verifySignature } from '@connected-registry/protocol/enrolment/signedRequests';
import { isReportBody, isReportMac, readReportMac } from '@connected-registry/protocol/messages/reportMac';
import { z } from 'zod';
import { joinFleet, type JoinedFleet } from '../../../src/bench/fleet/joined/joinFleet.js';

const SITES = [
  { registry: 'one', connectedRegistry: 'site1' },
  { registry: 'two', connectedRegistry: 'site2' },
];
const PASSED = { keyId: 'k1', reportKey: 'report-key' };
const keysBody = z.object({ signingKey, sealingKey });
/** The secret part of every join token, and every channel key. */
const SECRET = 's'.repeat(43);

let server: Server | undefined;
let fleet: JoinedFleet | undefined;
afterEach(async () => {
  await fleet?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Whether a report or an acknowledgement proves the key of its message. */
function isProven({ path, authorization, body }: Record<'path' | 'authorization' | 'body', string>): boolean {
  const mac = readReportMac(authorization);
  return mac !== undefined && isReportMac(mac, PASSED.reportKey, path) && isReportBody(mac, Buffer.from(body));
}

/** An app with one pull check and then one promotion for each device; notes what it was sent. */
async function startApp(refusesMessages: boolean) {
  const seen: { path: string; authorization: string; body: string; isSigned: boolean }[] = [];
  const sealingKeys = new Map<string, z.infer<typeof sealingKey>>();
  const answered = (path: string) => seen.some((one) => one.path === path);
  const secret = (n: string) => ({ name: `secret-${n}`, version: `v${n}` });
  const about = (n: string) => ({ operation: `o${n}.r`, run: 'r', client: `device-${n}`, connectedRegistry: 'site1' });
  const messagesFor = (n: string) => {
    const data = { ...about(n), ...PASSED, secret: secret(n), expiresAt: '2030-01-01T00:00:00Z' };
    if (answered(`/api/promotions/o${n}.r`)) return [];
    if (answered(`/api/pull-checks/o${n}.r/1`)) return [{ type: 'ConnectedRegistry.CredentialPromoted', data }];
    return [
      {
        type: 'ConnectedRegistry.PullCheckRequested',
        data: { ...data, attempt: 1, image: 'hello-world:latest' },
      },
    ];
  };
  const answer = async (request: IncomingMessage): Promise<[status: number, body?: unknown]> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { url: path = '', method = '', headers } = request;
    const signed = readSignature(headers.authorization ?? null);
    const fault = signed && (await verifySignature(signed, { method, path }, new Date()));
    seen.push({ path, authorization: headers.authorization ?? '', body, isSigned: signed !== undefined && !fault });
    const [, n = ''] = /^(?:crjoin1\.token|pass)-(.*?)(?:\.k)?$/.exec(signed?.pass ?? '') ?? [];
    const sealed = (kind: 'messages' | 'secret', content: object) => {
      const key = sealingKeys.get(n);
      if (!key) throw new Error('The device has joined.');
      return sealAnswer(content, kind, { sealingKey: key, channelKey: SECRET, nonce: signed?.nonce ?? '' });
    };
    if (path === '/api/enrolments') {
      const { clients } = z.object({ clients: z.array(z.object({ client: z.string() })) }).parse(JSON.parse(body));
      return [
        201,
        { enrolments: clients.map(({ client }) => ({ joinToken: `crjoin1.token-${client.slice(7)}.k.${SECRET}` })) },
      ];
    }
    if (path === '/api/enrolments/redeem') {
      sealingKeys.set(n, keysBody.parse(JSON.parse(body)).sealingKey);
      const client = { registry: 'registry', connectedRegistry: 'site1', client: `device-${n}` };
      const joined = { ...client, thumbprint: 't', pass: `pass-${n}`, channelKey: SECRET };
      const text = inEnvelope(joined, { kind: 'join', nonce: signed?.nonce ?? '' });
      return [200, { sealed: await sealToJoiner(text, SECRET) }];
    }
    if (path.startsWith('/api/devices/messages')) {
      if (refusesMessages) return [403, { code: 'device-key-ended' }];
      const messages = messagesFor(n);
      return messages.length === 0 ? [204] : [200, { sealed: await sealed('messages', { messages }) }];
    }
    if (path.startsWith('/api/devices/secrets')) {
      const inside = { ...secret(n), createdOn: '2026-01-01T00:00:00Z', tags: {}, value: '{}' };
      return [200, { sealed: await sealed('secret', inside) }];
    }
    return [202, {}];
  };
  server = createServer((request, response) => {
    void answer(request).then(([status, body]) => response.writeHead(status).end(body && JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
  return { seen, app: { url: `http://127.0.0.1:${address.port}`, key: 'key' } };
}

test('each device joins with keys of its own, opens its candidate, reports its pull and acknowledges the promotion', async () => {
  const { seen, app } = await startApp(false);
  fleet = await joinFleet({ app, clients: 3, sites: SITES });
  const { promoted, joined } = fleet;
  await expect.poll(() => [...promoted].toSorted(), { timeout: 60_000 }).toEqual(['o1.r', 'o2.r', 'o3.r']);
  await expect
    .poll(() => seen.filter(({ path }) => path.startsWith('/api/promotions/')).length, { timeout: 60_000 })
    .toBe(3);

  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
    clients: [{ ...SITES[0], client: 'device-1' }, { ...SITES[1], client: 'device-2' }, { client: 'device-3' }],
  });
  const ofDevices = seen.filter(({ path }) => path.includes('/devices/') || path.endsWith('/redeem'));
  expect(ofDevices.filter(({ isSigned }) => !isSigned)).toEqual([]);
  const keys = seen.filter(({ path }) => path.endsWith('/redeem')).map(({ body }) => body);
  expect(new Set(keys).size).toBe(3);
  const reports = seen.filter(({ path }) => path.startsWith('/api/pull-checks/'));
  const answered = [...reports, ...seen.filter(({ path }) => path.startsWith('/api/promotions/'))];
  expect(answered.map(isProven)).toEqual(Array(6).fill(true));
  expect(reports.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject(
    reports.map(() => ({ outcome: 'pulled' })),
  );
  expect(joined.polls).toMatchObject({ refused: 0 });
});

test('a device whose key has ended fails the fleet', async () => {
  const { app } = await startApp(true);
  fleet = await joinFleet({ app, clients: 1, sites: SITES });
  await expect(fleet.failed).rejects.toThrow('device-key-ended');
});
