import type * as crypto from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { claimPort, PortTakenError } from '../../src/stack/ports.js';

const { randomInt } = vi.hoisted(() => ({ randomInt: vi.fn<(from: number, to: number) => number>() }));
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, randomInt: randomInt.mockImplementation((from, to) => real.randomInt(from, to)) };
});

test('port 0 gives a free port outside the range of outgoing connections', async () => {
  const port = await claimPort(0, '--edge-port');
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(32_768);
});

test('a port in use is refused, with the port and the flag that chooses another', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  try {
    const refusal = await claimPort(port, '--azure-port').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(PortTakenError);
    expect(String(refusal)).toContain(`Port ${port}`);
    expect(String(refusal)).toContain('--azure-port');
  } finally {
    other.close();
  }
});

test('a port that this start has assigned already is refused', async () => {
  const port = await claimPort(0, '--edge-port');
  await expect(claimPort(port, '--edge-port', new Set([port]))).rejects.toThrow(PortTakenError);
});

test('a free port belongs to who found it, though nothing listens on it yet', async () => {
  const first = await claimPort(0, '--edge-port');
  randomInt.mockReturnValueOnce(first);
  expect(await claimPort(0, '--edge-port')).not.toBe(first);
  // It is free to listen on, also for a process that gets it as a number.
  expect(await claimPort(first, '--edge-port')).toBe(first);
});

test('a port that was asked for by number belongs to who asked, though nothing listens on it yet', async () => {
  const first = await freeChoice();
  expect(await claimPort(first, '--edge-port')).toBe(first);
  randomInt.mockReturnValueOnce(first);
  expect(await claimPort(0, '--edge-port')).not.toBe(first);
});

test('a port that may reserve another is refused without blame of a process', async () => {
  const found = await claimPort(0, '--edge-port');
  const refusal = await claimPort(found + 6000, '--edge-port').catch((error: unknown) => error);
  expect(String(refusal)).toContain(
    `Another local stack may have reserved port ${found} by it. Choose another port with --edge-port`,
  );
  expect(String(refusal)).not.toContain('Stop the process');
});

test.each([19_999, 60_000])('port %i, which nobody finds by chance, is claimed without a reservation', async (port) => {
  const result = await claimPort(port, '--edge-port').catch((error: unknown) => error);
  expect(result instanceof PortTakenError ? result.port : result).toBe(port);
});

/** A port that is free, and that nobody has reserved. */
async function freeChoice(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 6000);
    const servers = [port, port + 6000].map((one) => createServer().listen(one, '127.0.0.1'));
    const free = await Promise.all(servers.map((one) => once(one, 'listening'))).then(
      () => true,
      () => false,
    );
    await Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
    if (free) return port;
  }
}
