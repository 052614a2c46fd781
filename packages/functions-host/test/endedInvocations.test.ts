/** What the log has of invocations that failed while their code was running. */
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import { hostWith, type HostUnderTest } from './hostUnderTest.js';

const app = `
const { app } = require('@azure/functions');
const held = [];
const http = (name, handler) => app.http(name, { authLevel: 'anonymous', handler });
http('holds', () => new Promise((resolve) => held.push(resolve)));
http('release', () => { for (const resolve of held.splice(0)) resolve({}); return {}; });
`;

let tested: HostUnderTest | undefined;
afterEach(() => tested?.stop());

const hostWithLimit = async (functionTimeout: string): Promise<HostUnderTest> =>
  (tested = await hostWith({ 'index.cjs': app, 'host.json': JSON.stringify({ version: '2.0', functionTimeout }) }));

/** The lines about `holds`, with levels and ids, without times. */
const lines = ({ log }: HostUnderTest): string[] =>
  log
    .filter(({ fields }) => fields.functionName === 'holds')
    .map(({ level, message, fields }) =>
      `${level} ${message}`.replaceAll(String(fields.invocationId), 'ID').replace(/\d+ms/, 'ms'),
    );
const executing = expect.stringMatching(/^information Executing 'Functions\.holds' \(Reason='.*', Id=ID\)$/) as string;

describe('an invocation that failed while its code was running', () => {
  it('has one line when its worker ended, and none when its code ends or its time limit passes', async () => {
    const host = await hostWithLimit('00:00:00.8');
    const answer = host.send('GET', '/api/holds');
    await expect.poll(() => lines(host)).toEqual([executing]);
    expect(host.host.failRunning()).toBe(1);
    expect((await answer).status).toBe(500);
    await pause(900);
    await host.send('GET', '/api/release');
    expect(lines(host)).toEqual([
      executing,
      "error Executed 'Functions.holds' (Failed, Id=ID, Duration=ms)\nWorkerProcessExitException: node exited with code 1 (0x1)",
    ]);
  });

  it('has one line after the one of its time limit', async () => {
    const host = await hostWithLimit('00:00:00.2');
    expect((await host.send('GET', '/api/holds')).status).toBe(500);
    await host.send('GET', '/api/release');
    expect(lines(host)).toEqual([
      executing,
      expect.stringMatching(/^error Timeout value of 00:00:00\.2000000 exceeded/),
      "error Executed 'Functions.holds' (Failed, Id=ID, Duration=ms)\nFunctionTimeoutException: Timeout value of 00:00:00.2000000 was exceeded by function: Functions.holds",
    ]);
    expect(host.host.failRunning()).toBe(0);
  });
});
