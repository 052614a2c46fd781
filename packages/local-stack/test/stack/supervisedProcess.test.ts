import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SupervisedProcess, type ProcessObserver } from '../../src/stack/supervisedProcess.js';

const script = fileURLToPath(new URL('./processes/server.mjs', import.meta.url));
const launcher = fileURLToPath(new URL('./processes/launcher.mjs', import.meta.url));

let folder: string;
let running: SupervisedProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervised-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((process) => process.stop(100)));
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

function supervise(mode: string, observer: Partial<ProcessObserver> = {}, readyWithin = 10_000): SupervisedProcess {
  const supervised = new SupervisedProcess(
    {
      name: 'test',
      script,
      args: [mode, join(folder, 'pids')],
      env: { PATH: process.env['PATH'] },
      ready: /^TEST READY (\S+)$/,
      logFile: join(folder, 'logs', 'log'),
      readyWithin,
    },
    { restarting: () => undefined, gaveUp: () => undefined, ...observer },
  );
  running.push(supervised);
  return supervised;
}

function pids(): number[] {
  return readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a start returns the address of the ready line, and both outputs are in the log', async () => {
  const supervised = supervise('serves');
  expect(await supervised.start()).toBe(`http://localhost:1/${supervised.pid}`);
  const log = readFileSync(join(folder, 'logs', 'log'), 'utf8');
  expect(log).toContain('mode serves');
  expect(log).toContain('TEST READY');
});

test('a process that ends before it is ready fails the start with its last output', async () => {
  await expect(supervise('fails').start()).rejects.toThrow(/exit code 3[^]*the reason for it/);
});

test('a process that never becomes ready is ended', async () => {
  await expect(supervise('mute', {}, 1500).start()).rejects.toThrow(/not ready within 1.5 s/);
  await vi.waitFor(() => expect(lives(pids()[0] ?? 0)).toBe(false), 5000);
});

test('a killed process is started again, and its owner gets the new id', async () => {
  const restarting = vi.fn<ProcessObserver['restarting']>();
  const supervised = supervise('serves', { restarting });
  await supervised.start();
  const first = supervised.pid;
  supervised.signal('SIGKILL');

  await vi.waitFor(() => expect(restarting).toHaveBeenCalled(), 2000);
  const [pid, ready] = restarting.mock.calls[0] ?? [];

  expect(await ready).toBe(`http://localhost:1/${pid}`);
  expect(pid).not.toBe(first);
  expect(supervised.pid).toBe(pid);
});

test('a process that keeps ending before it is ready is given up with the reason', async () => {
  const gaveUp = vi.fn<ProcessObserver['gaveUp']>();
  const supervised = supervise('once', { gaveUp });
  await supervised.start();
  supervised.signal('SIGKILL');

  await vi.waitFor(() => expect(gaveUp).toHaveBeenCalled(), 10_000);

  expect(gaveUp.mock.calls[0]?.[0]).toMatch(/exit code 4, 5 times in a row/);
  expect(pids()).toHaveLength(6);
});

test('a stop ends a process that ignores signals, and nothing is started again', async () => {
  const restarting = vi.fn<ProcessObserver['restarting']>();
  const supervised = supervise('stubborn', { restarting });
  await supervised.start();
  const pid = supervised.pid ?? 0;

  await supervised.stop(300);

  expect(lives(pid)).toBe(false);
  expect(supervised.pid).toBeUndefined();
  expect(restarting).not.toHaveBeenCalled();
});

test.each(['serves', 'stubborn'])('a process (%s) does not outlive a killed launcher', async (mode) => {
  const parent = spawn(process.execPath, [launcher, mode, join(folder, 'pids'), join(folder, 'log')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

  await once(parent.stdout, 'data');
  const [child = 0] = pids();

  expect(lives(child)).toBe(true);

  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(lives(child)).toBe(false), { timeout: 60_000, interval: 50 });
});
