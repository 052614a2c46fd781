import { afterEach, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions');
const df = require('durable-functions');
const never = () => new Promise(() => {});
app.http('slow', { authLevel: 'anonymous', handler: never });
app.http('quick', { authLevel: 'anonymous', handler: () => ({ body: 'in time' }) });
df.app.activity('slowActivity', { handler: never });
df.app.orchestration('calls', function* (context) {
  try {
    return yield context.df.callActivity('slowActivity', {});
  } catch (error) {
    return error.message.split(' \\n ')[0];
  }
});
`;

const hosts: HostUnderTest[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});

async function limitedTo(functionTimeout: string): Promise<HostUnderTest> {
  const host = await hostWith(
    { 'index.cjs': app, 'host.json': JSON.stringify({ version: '2.0', functionTimeout }) },
    { durable: { inMemory: true }, drainWithin: 50 },
  );
  hosts.push(host);
  return host;
}

describe('functionTimeout of host.json', () => {
  it('fails an invocation that takes longer, and logs the function’s name', async () => {
    const host = await limitedTo('00:00:00.2');
    const answer = await host.send('GET', '/api/slow');

    expect(answer).toMatchObject({ status: 500, text: '' });
    expect(host.log.map(({ level, message }) => `${level} ${message}`)).toContainEqual(
      expect.stringMatching(/^error Timeout value of 00:00:00\.2000000 exceeded by function 'Functions\.slow'/),
    );
    expect(await host.send('GET', '/api/quick')).toMatchObject({ status: 200, text: 'in time' });
  });

  it('fails an activity, and its orchestration receives the failure', async () => {
    const host = await limitedTo('00:00:00.2');
    const durable = async (method: string, path: string): Promise<Record<string, unknown>> => {
      const code = `code=${host.host.keys.durable}`;
      const { text } = await host.send(method, `/runtime/webhooks/durabletask/${path}?${code}`);
      return JSON.parse(text) as Record<string, unknown>;
    };
    await durable('POST', 'orchestrators/calls/one');
    await expect
      .poll(async () => (await durable('GET', 'instances/one'))['output'], { timeout: 60_000 })
      .toBe(
        `Activity function 'slowActivity' failed: Timeout value of 00:00:00.2000000 was exceeded by function: Functions.slowActivity`,
      );
  });

  it('refuses an invalid time', async () => {
    await expect(limitedTo('soon')).rejects.toThrow(/functionTimeout 'soon'.*hh:mm:ss/);
  });
});
