import { afterEach, describe, expect, test } from 'vitest';
import { CREDENTIAL_PROMOTED, pullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  REPORT_KEY,
  cloudEvent,
  gridEvent,
  promotion,
  request,
  startAgentUnderTest,
} from './under-test/agentUnderTest.js';
import type { AgentUnderTest } from './under-test/agentUnderTest.js';

let under: AgentUnderTest | undefined;
afterEach(async () => {
  await under?.close();
  under = undefined;
});

async function start(...options: Parameters<typeof startAgentUnderTest>): Promise<AgentUnderTest> {
  under = await startAgentUnderTest(...options);
  return under;
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a requested check', () => {
  test.each([
    ['a CloudEvent', cloudEvent(request())],
    ['a batch of CloudEvents', [cloudEvent(request())]],
    ['an Event Grid delivery', [gridEvent(request())]],
  ])('is run and reported if it comes as %s', async (_form, body) => {
    const agent = await start();
    expect(await agent.deliver(body)).toBe(200);

    await agent.idle();

    expect(agent.checks).toMatchObject([
      { secret: { name: 'device-1-candidate', version: '0123456789abcdef' }, image: 'hello-world:latest' },
    ]);
    expect(agent.reports).toHaveLength(1);

    const report = pullCheckReport.parse(agent.reports[0]?.report);
    expect(report).toMatchObject({ outcome: 'pulled', bytes: 10, agent: 'agent/test' });
    expect(agent.log.filter((line) => line.includes('"pull check"'))).toHaveLength(1);
  });

  test('runs once if it is delivered repeatedly and in several schemas', async () => {
    const agent = await start();
    const data = request();

    for (const body of [cloudEvent(data), cloudEvent(data), [gridEvent(data), cloudEvent(data)]]) {
      expect(await agent.deliver(body)).toBe(200);
      await agent.idle();
    }

    expect(agent.checks).toHaveLength(1);
    expect(agent.reports).toHaveLength(1);
  });

  test('runs once if another activity sends it again with another trace context', async () => {
    const agent = await start();
    const data = request();

    for (const traceparent of [undefined, TRACE, TRACE.replace('b7ad', 'b7ae')])
      await agent.deliver(cloudEvent({ ...data, traceparent }));
    await agent.idle();

    expect(agent.checks).toHaveLength(1);

    await agent.deliver(cloudEvent({ ...data, image: 'another:1', traceparent: TRACE }));
    await agent.idle();
    expect(agent.checks).toHaveLength(2);
  });

  test('runs although a forged request for the same attempt came first', async () => {
    const agent = await start();
    await agent.deliver(cloudEvent(request({ reportKey: 'forged' })));
    await agent.deliver(cloudEvent(request()));
    await agent.idle();
    expect(agent.reports.map(({ request: { reportKey } }) => reportKey)).toEqual(['forged', REPORT_KEY]);
  });

  test('runs again as the next attempt', async () => {
    const agent = await start();
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    for (const attempt of [1, 2]) await agent.deliver(cloudEvent(request({ attempt, expiresAt })));
    await agent.idle();
    expect(agent.checks).toHaveLength(2);
  });

  test('is ignored if it is for a client that the agent does not serve', async () => {
    const agent = await start({ clients: new Set(['device-2']) });
    expect(await agent.deliver([cloudEvent(request()), cloudEvent(request({ client: 'device-2' }))])).toBe(200);
    await agent.idle();
    expect(agent.reports.map(({ request: { client } }) => client)).toEqual(['device-2']);
  });

  test.each([-1, -600_000, -400 * 86_400_000])(
    'is run and reported although it has expired by the local clock (%i ms left), because the app decides',
    async (left) => {
      const agent = await start();
      await agent.deliver(cloudEvent(request({ expiresAt: new Date(Date.now() + left).toISOString() })));
      await agent.idle();
      expect(agent.checks).toHaveLength(1);
      expect(agent.reports).toMatchObject([{ report: { outcome: 'pulled' } }]);
    },
  );

  test('always gets the full time of a check, whenever its attempt expires by the local clock', async () => {
    const agent = await start({
      checkTimeout: 150,
      check: (_secret, _image, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ outcome: 'unreachable', milliseconds: 1 }));
        }),
    });

    await agent.deliver(cloudEvent(request({ expiresAt: new Date(Date.now() - 60_000).toISOString() })));
    await agent.idle();

    expect(agent.reports[0]?.report.outcome).toBe('unreachable');
  });

  test('states in its report that the local clock is known to be wrong', async () => {
    const agent = await start({ skew: { observe: () => undefined, seconds: () => 600 } });
    await agent.deliver(cloudEvent(request()));
    await agent.idle();

    expect(agent.reports).toMatchObject([{ report: { clockSkewSeconds: 600 } }]);
    expect(pullCheckReport.parse(agent.reports[0]?.report)).toMatchObject({ clockSkewSeconds: 600 });
    expect(agent.log.join()).toContain('"clockSkewSeconds":600');
  });

  test('waits for a free slot; beyond a thousand open checks, Event Grid is asked to deliver again later', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let max = 0;

    const agent: AgentUnderTest = await start({
      concurrency: 3,
      check: async () => {
        max = Math.max(max, agent.agent.health()['checksRunning'] ?? 0);
        await gate;
        return { outcome: 'error', milliseconds: 1 };
      },
    });
    const storm = Array.from({ length: 1_001 }, (_, at) => cloudEvent(request({ attempt: at + 1 })));

    expect(await agent.deliver(storm)).toBe(503);

    release();
    await agent.idle();

    expect(max).toBe(3);
    expect(agent.reports).toHaveLength(1_000);
    expect(await agent.deliver(storm.at(-1))).toBe(200);

    await agent.idle();
    expect(agent.reports).toHaveLength(1_001);
  });
});

describe('an invalid event', () => {
  test('cannot change anything by additional fields', async () => {
    const agent = await start();
    const demands = {
      endpoint: 'evil.example:443',
      vaultUrl: 'https://evil.example',
      reportUrl: 'https://evil.example',
      authority: 'https://evil.example',
    };

    await agent.deliver(cloudEvent(request(demands)));
    await agent.idle();

    expect(JSON.stringify([agent.checks, agent.reports])).not.toContain('evil');
    expect(agent.reports).toHaveLength(1);
  });

  test.each([
    [{ operation: '..' }],
    [{ operation: 'a/../../b' }],
    [{ reportKey: 'line\r\nbreak' }],
    [{ keyId: 'a:b' }],
    [{ attempt: 0 }],
    [{ attempt: '1' }],
    [{ secret: { name: 'x' } }],
    [{ secret: { name: '../keys/x', version: 'v1' } }],
    [{ secret: { name: 'x', version: '..' } }],
    [{ expiresAt: 'tomorrow' }],
    [{ image: 'x'.repeat(513) }],
    [{ client: undefined }],
  ])('with %j is refused without a retry and runs nothing', async (changes) => {
    const agent = await start();
    expect(await agent.deliver(cloudEvent(request(changes)))).toBe(400);
    await agent.idle();
    expect(agent.checks).toEqual([]);
    expect(agent.log.join()).toContain('event refused');
  });

  test('does not stop the other events of its delivery', async () => {
    const agent = await start();
    expect(await agent.deliver([cloudEvent(request({ attempt: -1 })), cloudEvent(request())])).toBe(400);
    await agent.idle();
    expect(agent.checks).toHaveLength(1);
  });

  test.each(['', 'null', '{}', '[1]', '{"specversion":"0.3","id":"1","source":"s","type":"t"}', 'x'.repeat(100)])(
    'a delivery of %j is refused',
    async (body) => {
      expect(await (await start()).deliver(body)).toBe(400);
    },
  );

  test('a delivery of more than one megabyte is refused', async () => {
    expect(await (await start()).deliver('x'.repeat(1_100_000))).toBe(413);
  });

  test('an event of an unknown type is accepted and ignored', async () => {
    const agent = await start();
    expect(await agent.deliver(cloudEvent({}, 'Something.Else'))).toBe(200);
    expect(agent.checks).toEqual([]);
  });
});

describe('a promoted credential', () => {
  test('is given to the consumers once, in whatever schemas it is delivered', async () => {
    const agent = await start();

    expect(await agent.deliver(cloudEvent(promotion(), CREDENTIAL_PROMOTED))).toBe(200);
    expect(await agent.deliver([gridEvent(promotion(), CREDENTIAL_PROMOTED)])).toBe(200);
    expect(agent.promoted.map(({ secret }) => secret)).toEqual([{ name: 'device-1', version: 'v7' }]);

    const later = promotion({ secret: { name: 'device-1', version: 'v8' } });
    await agent.deliver([gridEvent(later, CREDENTIAL_PROMOTED)]);
    expect(agent.promoted.map(({ secret }) => secret.version)).toEqual(['v7', 'v8']);
  });

  test.each([
    [{ secret: { name: 'device-1-candidate', version: 'v1' } }],
    [{ operation: '../onboardings' }],
    [{ keyId: 'k 1' }],
    [{ reportKey: 'a\r\nb' }],
    [{ expiresAt: 'never' }],
  ])('with %j is refused', async (changes) => {
    const agent = await start();
    expect(await agent.deliver(cloudEvent(promotion(changes), CREDENTIAL_PROMOTED))).toBe(400);
    expect(agent.promoted).toEqual([]);
  });
});

describe('the webhook', () => {
  test('answers both validation handshakes', async () => {
    const { url } = await start();
    const options = await fetch(`${url}/events`, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'eventgrid.example', 'webhook-request-rate': '120' },
    });

    expect(options.status).toBe(200);
    expect(options.headers.get('webhook-allowed-origin')).toBe('eventgrid.example');

    const validation = gridEvent({ validationCode: 'code-1' }, 'Microsoft.EventGrid.SubscriptionValidationEvent');
    const post = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'aeg-event-type': 'SubscriptionValidation' },
      body: JSON.stringify([validation]),
    });

    expect([post.status, await post.json()]).toEqual([200, { validationResponse: 'code-1' }]);
  });

  test('with a key refuses deliveries without it', async () => {
    const agent = await start({ webhookKey: 'a-key-of-sixteen-characters' });
    expect(await agent.deliver(cloudEvent(request()))).toBe(401);

    const right = await fetch(`${agent.url}/events?key=a-key-of-sixteen-characters`, {
      method: 'POST',
      body: JSON.stringify(cloudEvent(request())),
    });

    expect(right.status).toBe(200);

    await agent.idle();
    expect(agent.checks).toHaveLength(1);
  });

  test('reports its health without internal details', async () => {
    const agent = await start();
    await agent.deliver(cloudEvent(request()));
    await agent.idle();

    const health = await fetch(`${agent.url}/health`);

    expect(await health.json()).toEqual({
      status: 'ok',
      checksRunning: 0,
      checksWaiting: 0,
      reportsOpen: 0,
      secretsKept: 0,
      secretsFailing: 0,
      acknowledgementsOpen: 0,
      signalsRemembered: 1,
    });
    expect((await fetch(`${agent.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${agent.url}/events`)).status).toBe(405);
  });

  test('keeps report keys out of the log', async () => {
    const agent = await start();
    await agent.deliver([cloudEvent(request()), cloudEvent(request({ attempt: 'x' }))]);
    await agent.idle();
    expect(agent.log.length).toBeGreaterThan(1);
    expect(agent.log.join()).not.toContain(REPORT_KEY);
  });
});
