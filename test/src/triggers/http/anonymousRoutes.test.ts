import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpRequest } from '@azure/functions';
import { beforeEach, describe, expect, test } from 'vitest';
import { deriveAcknowledgementKey, deriveReportKey } from '../../../../src/domain/pullCheck/reportKey.js';
import { OBJECT_ID, principalHeader } from '../../fakes/answers/principal.js';
import { AnonymousLimit, anonymousHandlers } from '../../../../src/triggers/http/anonymousHandlers.js';
import { boundedBody } from '../../../../src/triggers/http/requests/boundedBody.js';
import { LongPolls } from '../../../../src/triggers/http/requests/longPolls.js';
import { SignedRequests } from '../../../../src/triggers/http/requests/signedRequest.js';
import { fleetPageRoute, getFleetPage } from '../../../../src/triggers/http/page/fleetPage.js';
import { postDeviceKeys } from '../../../../src/triggers/http/routes/deviceKeys.js';
import { getDeviceMessages } from '../../../../src/triggers/http/routes/deviceMessages.js';
import { getDeviceSecrets } from '../../../../src/triggers/http/routes/deviceSecrets.js';
import { postRedemption } from '../../../../src/triggers/http/routes/redemptions.js';
import { getOpenApi } from '../../../../src/triggers/http/routes/openApi.js';
import { operatorRoute } from '../../../../src/triggers/http/operatorRoute.js';
import { getPendingMessages } from '../../../../src/triggers/http/routes/pendingMessages.js';
import { postPromotion } from '../../../../src/triggers/http/routes/promotions.js';
import { postPullCheck } from '../../../../src/triggers/http/routes/pullChecks.js';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { FakeDurableClient, httpRequest, invocation, seen } from '../../fakes/durable/durableClient.js';
import { config, RUN } from '../../fakes/answers/requests.js';

const OPERATION = `myregistry-edge-sensor-0123456789abcdef.${RUN}`;
const MEGABYTE = 1_000_000;
const settings = config({ AZURE_TENANT_ID: 'tenant', POLL_AUDIENCE: 'api://onboarding', POLLS_AT_ONCE: '1' });
const keys = settings.reportKeys;
const polls = new LongPolls(settings.polling.atOnce);
const expiresAt = '2126-03-01T12:05:00.000Z';

/** A body that counts what is taken of it: `taken` bytes, in parts of 64 KB that are made as they are asked for. */
function countedBody(length: number) {
  const body = { taken: 0, stream: undefined as ReadableStream<Uint8Array> | undefined };
  body.stream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const part = new Uint8Array(Math.min(65_536, length - body.taken));
        body.taken += part.length;
        if (part.length > 0) controller.enqueue(part);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return body;
}

function requestWith(
  body: ReadableStream<Uint8Array> | undefined,
  headers: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>> = { operation: OPERATION, attempt: '1' },
): HttpRequest {
  return Object.assign(httpRequest({ headers, params }), { body });
}

let engine: FakeDurableClient;
beforeEach(() => {
  engine = new FakeDurableClient();
});

const identify = async () => undefined;
const unasked = () => Promise.reject(new Error('Nobody was let in.'));
const signed = new SignedRequests(keys);
/** All anonymous routes, by what follows /api. */
const routes = {
  'pull-checks/{operation}/{attempt}': postPullCheck(keys),
  'promotions/{operation}': postPromotion(keys),
  'pull-checks/pending': getPendingMessages(settings, { identify }, polls),
  'devices/messages': getDeviceMessages(keys, signed, polls),
  'devices/secrets': getDeviceSecrets(settings, signed, { seal: unasked }),
  'devices/keys': postDeviceKeys(settings, signed),
  'enrolments/redeem': postRedemption(settings, signed, { enrolmentRefused: unasked }),
  'openapi.json': getOpenApi,
  'ui/{*file}': getFleetPage('entra'),
};

test('the anonymous routes are those that the app registers as such, each behind the limit', () => {
  const text = readFileSync(join(projectRoot(), 'src/index.ts'), 'utf8');
  const registered = [...text.matchAll(/^df\.app\.client\.http\([^]*?^\}\);/gm)].filter(([one]) =>
    one.includes("authLevel: 'anonymous'"),
  );
  const limited = registered.flatMap(([one]) => /route: '([^']+)'[^]*handler: anonymous\(/.exec(one)?.[1] ?? []);
  expect(limited).toHaveLength(registered.length);
  // The route of the page has a function of its own, which is given the limit.
  expect(text).toMatch(/fleetPageRoute\([^)]*, anonymous\)/);
  const { route } = fleetPageRoute('entra', anonymousHandlers(new AnonymousLimit(1)));
  expect(Object.keys(routes).toSorted()).toEqual([...limited, route].toSorted());
});

const reportKey = `PullCheck k1:${deriveReportKey(keys.signing, { operation: OPERATION, attempt: 1, expiresAt })}`;
const promotionKey = `PullCheck k1:${deriveAcknowledgementKey(keys.signing, { operation: OPERATION, expiresAt })}`;

describe('an anonymous request', () => {
  const wrong = ['', 'PullCheck k1:x', 'Bearer bad', `PullCheck k1:${'A'.repeat(43)}`, 'PullCheck gone:x'];
  test.each(Object.entries(routes))('costs no byte of its body without the right key: %s', async (_, handler) => {
    for (const authorization of wrong) {
      const body = countedBody(100 * MEGABYTE);
      const answer = await handler(requestWith(body.stream, { authorization }), engine.client);
      expect([body.taken, answer.status === 401 || answer.status === 200]).toEqual([0, true]);
    }
    expect(engine.reads).toBe(0);
  });

  test.each([
    ['pull-checks', routes['pull-checks/{operation}/{attempt}'], reportKey],
    ['promotions', routes['promotions/{operation}'], promotionKey],
  ])('with the right key reads no more than its limit: %s', async (_, handler, authorization) => {
    const declared = countedBody(100 * MEGABYTE);
    const headers = { authorization, 'content-length': String(100 * MEGABYTE) };
    expect((await handler(requestWith(declared.stream, headers), engine.client)).status).toBe(413);
    expect(declared.taken).toBe(0);
    const chunked = countedBody(MEGABYTE);
    expect((await handler(requestWith(chunked.stream, { authorization }), engine.client)).status).toBe(413);
    expect(engine.reads).toBe(0);
  });

  test('counts against one limit for all routes, before anything else of it is read', async () => {
    const many = Object.keys(routes).length - 1;
    const route = anonymousHandlers(new AnonymousLimit(many));
    const of = (address: string) => requestWith(undefined, { 'x-forwarded-for': address });
    const [first, ...others] = Object.values(routes).map((handler) => route(handler, 'device'));
    const { context, lines } = invocation();
    for (const handler of others) expect((await handler(of('1.1.1.1'), engine.client, context)).status).not.toBe(429);
    for (const handler of [first, ...others])
      expect(seen((await handler?.(of('1.1.1.1'), engine.client, context)) ?? {})).toMatchObject({
        status: 429,
        headers: { 'retry-after': String(Math.ceil(60 / many)) },
        body: { code: 'too-many-requests' },
      });
    expect((await first?.(of('2.2.2.2'), engine.client, context))?.status).toBe(401);
    // One audit line reports a flood, not one for each request.
    expect(lines.filter(({ text }) => text.includes('anonymous.admit.refused'))).toHaveLength(1);
  });

  test('takes no polling place before its token is verified', async () => {
    let verify = (): void => undefined;
    const slowly = { identify: () => new Promise<undefined>((resolve) => (verify = () => resolve(undefined))) };
    const slow = getPendingMessages(settings, slowly, polls);
    const held = slow(requestWith(undefined, { authorization: 'Bearer bad' }), engine.client);
    const other = slow(requestWith(undefined, {}), engine.client);
    expect((await other).status).toBe(401);
    verify();
    expect((await held).status).toBe(401);
  });
});

test('the body of a refused operator is not read either', async () => {
  const access = { kind: 'entra', role: 'Operator', principals: [] } as const;
  const { handler } = operatorRoute(access, () => Promise.reject(new Error('It is not let in.')));
  const body = countedBody(100 * MEGABYTE);
  const answer = await handler(requestWith(body.stream, {}), engine.client, invocation().context);
  expect([answer.status, body.taken]).toEqual([401, 0]);
});

test('a refused operator counts as anonymous, and cannot flood the audit; an admitted one does not count', async () => {
  const limit = new AnonymousLimit(3);
  const access = { kind: 'entra', role: 'Operator', principals: [] } as const;
  const { handler } = operatorRoute(access, async () => ({ status: 200 }), limit);
  const { context, lines } = invocation();
  const ask = async (principal?: string, address = '1.1.1.1') => {
    const headers = { 'x-forwarded-for': address, ...(principal ? { 'x-ms-client-principal': principal } : {}) };
    return (await handler(requestWith(undefined, headers), engine.client, context)).status;
  };
  const operator = principalHeader([
    ['oid', OBJECT_ID],
    ['roles', 'Operator'],
  ]);
  const other = principalHeader([['oid', OBJECT_ID]]);
  for (let nth = 0; nth < 10; nth += 1) expect(await ask(operator)).toBe(200);
  // Without a principal, with an invalid one, and with one that is not an operator.
  expect([await ask(), await ask('bad'), await ask(other)]).toEqual([401, 401, 403]);
  for (let nth = 0; nth < 50; nth += 1) expect(await ask('bad')).toBe(429);
  expect(lines.filter(({ text }) => text.includes('admit.refused'))).toHaveLength(4);
  // The same address has also used up the anonymous routes; an operator is still admitted.
  const one = anonymousHandlers(limit)(async () => ({ status: 200 }), 'device');
  expect((await one(requestWith(undefined, { 'x-forwarded-for': '1.1.1.1' }), engine.client, context)).status).toBe(
    429,
  );
  expect([await ask(operator), await ask(undefined, '2.2.2.2')]).toEqual([200, 401]);
});

describe('a body', () => {
  const read = (stream: ReadableStream<Uint8Array> | undefined, headers = {}, max = 100_000) =>
    boundedBody({ headers: new Headers(headers), body: stream ?? null }, max);

  test('within the limit is read completely, with or without a declared length', async () => {
    const bytes = new Blob(['äb']).stream();
    expect(await read(bytes)).toEqual({ bytes: Buffer.from('äb') });
    expect(await read(undefined)).toEqual({ bytes: Buffer.alloc(0) });
    expect(await read(countedBody(100_000).stream, { 'content-length': '100000' })).toEqual({
      bytes: Buffer.alloc(100_000),
    });
  });

  test('that exceeds the limit is not waited for, and its rest is discarded as it arrives', async () => {
    const endless = countedBody(Number.MAX_SAFE_INTEGER);
    let taken = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          taken += 65_536;
          // Like a slow caller: nothing more arrives after two parts.
          return taken > 131_072 ? new Promise<void>(() => undefined) : controller.enqueue(new Uint8Array(65_536));
        },
      },
      { highWaterMark: 0 },
    );
    expect(await read(stream)).toEqual({ tooLarge: true });
    expect(endless.taken).toBe(0);
  });

  test.each(['100001', '-', '1e99', '9'.repeat(400)])('that declares %s bytes is not read', async (length) => {
    const body = countedBody(10);
    expect(await read(body.stream, { 'content-length': length })).toEqual({ tooLarge: true });
    expect(body.taken).toBe(0);
  });
});
