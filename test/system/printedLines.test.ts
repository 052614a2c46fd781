import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { AppClient } from '../e2e/harness/appClient.js';
import { FREE, Launched } from '../e2e/harness/launched.js';

/*
 * Every line that `npm run local` prints for a person to paste into a terminal, in the order in which they are printed.
 * They need a shell, and npx.
 */

let own: Launched;
let app: AppClient;
let printed: string;
let commands: string[];
beforeAll(async () => {
  own = new Launched();
  const { output } = own.launch(...FREE);
  await vi.waitUntil(() => output().includes('Ctrl-C stops everything'), { timeout: 60_000, interval: 50 });
  printed = output();
  commands = commandsIn(printed);
  const { functions } = await own.endpoints();
  app = new AppClient(functions.url, functions.key);
});
afterAll(() => own.dispose());

/** The commands below the summary's table; a deeper line continues the one before it. */
function commandsIn(output: string): string[] {
  const found: string[] = [];
  for (const line of output.slice(output.indexOf('Onboard a client:')).split('\n')) {
    if (/^ {2}\S/.test(line)) found.push(line);
    else if (/^ {4}/.test(line)) found.push(`${found.pop() ?? ''}\n${line}`);
  }
  return found;
}

function runs(...lines: readonly (string | undefined)[]): string {
  const script = lines.map((line) => line ?? 'exit 1').join('\n');
  return execFileSync('bash', ['-eo', 'pipefail', '-c', script], { cwd: projectRoot(), encoding: 'utf8' });
}

/** The operation in what `crctl onboard` has printed. */
function accepted(printed: string): string {
  const [header, id = ''] = printed.trim().split('\n');
  expect(header).toBe('OPERATION');
  return id;
}

test('the printed address opens the fleet page, and the printed file has its key', async () => {
  const [, address = '', file = ''] =
    /^ {2}fleet page +(\S+) +\(its key: functions\.key in (\S+)\)$/m.exec(printed) ?? [];
  const page = await fetch(address);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  expect(await page.text()).toContain('id="page"');
  const { functions } = z
    .object({ functions: z.object({ key: z.string() }) })
    .parse(JSON.parse(readFileSync(resolve(projectRoot(), file), 'utf8')));
  const answer = await fetch(new URL('operations', address), { headers: { 'x-functions-key': functions.key } });
  expect(answer.status).toBe(200);
});

test('the printed lines onboard a client and pull as its device, and let a device in that has no identity in Entra', async () => {
  const [folder, onboardFirst, check, issue, joinWith, onboardSecond, agent, ...others] = commands;
  expect(others).toEqual([]);

  expect(runs(folder, onboardFirst)).toMatch(/^status +completed$/m);
  expect(JSON.parse(runs(check))).toMatchObject({ outcome: 'pulled' });

  expect(runs(folder, issue, joinWith)).toMatch(/^JOINED \S+\/device-2$/m);
  const second = accepted(runs(folder, onboardSecond));
  const running = spawn('bash', ['-c', `exec ${agent?.trim() ?? ''}`], { cwd: projectRoot(), stdio: 'ignore' });
  own.children.push(running);
  expect(await app.end(second)).toMatchObject({ status: 'completed' });
  const { edge } = await own.endpoints();
  const config = () => readFileSync(join(own.folder, 'joined', 'config.json'), 'utf8');
  await vi.waitFor(() => expect(config()).toContain(edge.host), { timeout: 60_000, interval: 50 });
  running.kill('SIGTERM');
  expect(await once(running, 'exit')).toEqual([0, null]);

  const environment = readFileSync(join(own.folder, 'joined.env'), 'utf8');
  expect(environment).not.toMatch(/^AZURE_|^KEY_VAULT_/m);
});
