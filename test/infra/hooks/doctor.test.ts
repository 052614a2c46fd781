import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { doctor as hookDoctor } from '../../../infra/hooks/doctor.mjs';
import { healthLines } from '../../../infra/hooks/health.mjs';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import type { HealthAnswer } from '@connected-registry/protocol/answers/healthAnswer';

const OK: HealthAnswer = {
  state: 'ok',
  rights: [
    { right: 'a/read', on: 'myregistry', state: 'given' },
    { right: 'b/write', on: 'myregistry', state: 'unknown', reason: 'only a write shows it' },
  ],
};
const FAULTY: HealthAnswer = {
  state: 'faulty',
  rights: [
    { right: 'a/read', on: 'myregistry', state: 'missing', reason: 'read registry: 403', fix: 'Assign the role.' },
  ],
};

let server: Server;
let folder: string;
let answer: { status: number; body: unknown };
const keys: (string | undefined)[] = [];
beforeEach(async () => {
  keys.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  writeFileSync(join(folder, 'key'), 'the-key\n');
  answer = { status: 200, body: OK };
  server = createServer((request, response) => {
    keys.push(request.headers['x-functions-key']?.toString());
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, maxRetries: 5 });
  await new Promise((resolve) => server.close(resolve));
});

const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function doctor(...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [join(projectRoot(), 'scripts', 'doctor.mjs'), ...args], { env: {} });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

test.each([
  ['', '--key-file FILE'],
  ['00000000-0000-0000-0000-000000000001', '--token-file FILE, which has an access token'],
])('the hook that cannot ask (client id "%s") says how to ask later, by what admits an operator', async (id, form) => {
  vi.stubEnv('OPERATOR_CLIENT_ID', id);
  vi.stubEnv('FUNCTION_APP_HOST', '');
  const said: string[] = [];
  await hookDoctor((line) => said.push(line));
  vi.unstubAllEnvs();
  expect(said.at(-1)).toBe(`Look later: npx crctl doctor, or npm run doctor -- --url https://APP ${form}`);
});

describe('npm run doctor', () => {
  test('explains which address to give in place of one without a scheme, and an unused data folder', async () => {
    const bare = await doctor('--url', 'localhost:7071', '--key-file', join(folder, 'key'));
    expect([bare.code, bare.said]).toEqual([
      2,
      "--url needs an address that begins with https:// or http://, not 'localhost:7071'.\n",
    ]);
    const none = await doctor('--data', folder);
    expect(none.code).toBe(2);
    expect(none.said).toContain(`endpoints.json does not exist. Start npm run local, `);
  });

  test('shows the rights, with the key from a file, and exits with 0 if none is missing', async () => {
    const { code, said } = await doctor('--url', base(), '--key-file', join(folder, 'key'));
    expect([code, keys]).toEqual([0, ['the-key']]);
    expect(said).toContain('  + a/read   myregistry\n  ? b/write  myregistry  unknown\n');
  });

  test('shows what is missing and the fix, and exits with 1', async () => {
    answer = { status: 200, body: FAULTY };
    const { code, said } = await doctor('--url', base(), '--key-file', join(folder, 'key'));
    expect(code).toBe(1);
    expect(said).toContain('  - a/read  myregistry  missing\n      read registry: 403\n      Assign the role.\n');
  });

  test('finds a local stack by its data folder', async () => {
    writeFileSync(join(folder, 'endpoints.json'), JSON.stringify({ functions: { url: base(), key: 'local-key' } }));
    expect((await doctor('--data', folder)).code).toBe(0);
    expect(keys).toEqual(['local-key']);
  });

  test.each([
    [401, 'does not take the key or token (401)'],
    [503, 'was answered 503'],
  ])('explains %i', async (status, words) => {
    answer = { status, body: {} };
    const { code, said } = await doctor('--url', base(), '--key-file', join(folder, 'key'));
    expect([code, said]).toEqual([1, expect.stringContaining(words)]);
  });

  test('reports if nobody answers, and never shows a key', async () => {
    const { code, said } = await doctor('--url', 'http://127.0.0.1:1', '--key-file', join(folder, 'key'));
    expect([code, said]).toEqual([1, expect.stringContaining('Is the app running?')]);
    expect(said).not.toContain('the-key');
  });

  test('explains its usage: wrong flags and missing files exit with 2 and without a trace', async () => {
    expect((await doctor('--help')).code).toBe(0);
    for (const args of [['--nonsense'], ['--url', base()], ['--data', join(folder, 'missing')]]) {
      const { code, said } = await doctor(...args);
      expect(code).toBe(2);
      expect(said).not.toMatch(/^\s+at /m);
    }
  });
});

test('an unreachable right has its reason below it', () => {
  const right = { right: 'a/read', on: 'x', state: 'unreachable', reason: 'no answer' } as const;
  expect(healthLines({ state: 'faulty', rights: [right] })).toContain('      no answer');
});

test('a right of one of several identities names the identity', () => {
  const right = { right: 'a/read', on: 'x', identity: 'an-id', state: 'missing', reason: '403' } as const;
  expect(healthLines({ state: 'faulty', rights: [right] })[0]).toBe('  - a/read  x by an-id  missing');
});
