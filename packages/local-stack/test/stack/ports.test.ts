import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { claimPort, PortTakenError } from '../../src/stack/ports.js';

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
