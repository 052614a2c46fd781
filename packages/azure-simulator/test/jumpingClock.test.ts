import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startClockServer, type ClockServer } from '@connected-registry/clock/server';
import { TimelineClock, timelineFrom } from '@connected-registry/clock/timelineClock';
import { AzureRun } from './under-test/azureRun.js';
import { Subscriber } from '../../../test/shared/subscriber.js';

const START = Date.parse('2031-01-01T00:00:00Z');
const DAY = 86_400_000;
const VAULT = 'https://vault.azure.net';

describe('the simulator on a jumping clock', () => {
  let data: string;
  let clock: ClockServer;
  let run: AzureRun;
  let subscriber: Subscriber;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'azure-jumps-'));
    clock = await startClockServer(new TimelineClock(timelineFrom(START, 1)));
    run = await AzureRun.start(data, clock.url);
    subscriber = await Subscriber.start();
  });
  afterEach(async () => {
    await run.kill();
    subscriber.stop();
    await clock.close();
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Jumps like a test that knows only the address of the control plane: it is redirected to the clock. */
  const jump = async (to: number): Promise<void> => {
    const redirect = await run.raw('POST', '/_control/clock/jump');
    expect(redirect.status).toBe(307);
    const reply = await fetch(redirect.location ?? '', {
      method: 'POST',
      body: JSON.stringify({ to: new Date(to).toISOString() }),
    });
    expect({ status: reply.status, text: await reply.text() }).toMatchObject({ status: 200 });
    run.forgetTokens();
  };
  const subscribe = async (): Promise<void> => {
    const { subscriptionId, resourceGroup } = run.world;
    const vault = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/onboarding-local`;
    const path = `${vault}/providers/Microsoft.EventGrid/eventSubscriptions/secrets?api-version=2022-06-15`;
    const { status } = await run.call('PUT', path, {
      properties: {
        destination: { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } },
        filter: { includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry'] },
      },
    });
    expect(status).toBe(201);
  };

  it("reports a secret's coming expiry on its day, and retries the delivery at the documented times", async () => {
    await subscribe();
    const exp = (START + 60 * DAY) / 1000;
    await run.call('PUT', '/secrets/ageing?api-version=7.4', { value: 'x', attributes: { exp } }, VAULT);

    await jump(START + 29 * DAY);

    expect(subscriber.deliveries).toHaveLength(0);

    let refusals = 3;
    subscriber.answer = () => ({ status: refusals-- > 0 ? 500 : 200 });

    // The subscriber refuses the first delivery and those after 10 s and 30 s more, and accepts the one a minute later.
    await jump(START + 30 * DAY + 70_000);

    expect(subscriber.deliveries).toHaveLength(3);

    await jump(START + 30 * DAY + 110_000);

    const events = subscriber.deliveries.map(({ body }) => (body as { eventTime: string; subject: string }[])[0]);

    expect(events).toHaveLength(4);
    expect(new Set(events.map((event) => event?.subject))).toEqual(new Set(['ageing']));
    expect(Date.parse(events[0]?.eventTime ?? '')).toBeCloseTo(START + 30 * DAY, -4);
  });

  it('purges a deleted secret when its retention has ended by that clock', async () => {
    await run.call('PUT', '/secrets/kept?api-version=7.4', { value: 'x' }, VAULT);
    await run.call('DELETE', '/secrets/kept?api-version=7.4', undefined, VAULT);
    await jump(START + 89 * DAY);

    expect((await run.call('GET', '/deletedsecrets/kept?api-version=7.4', undefined, VAULT)).status).toBe(200);

    await jump(START + 91 * DAY);
    expect((await run.call('GET', '/deletedsecrets/kept?api-version=7.4', undefined, VAULT)).status).toBe(404);
  });
});
