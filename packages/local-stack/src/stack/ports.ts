import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A requested port is in use; `flag` chooses another one. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  constructor(
    readonly port: number,
    readonly flag: string,
  ) {
    super(
      `Port ${port} on 127.0.0.1 is taken. Stop the process that uses it, or choose another port with ${flag} (0 takes a free one).`,
    );
  }
}

/**
 * Below the range of ports for outgoing connections (Linux: net.ipv4.ip_local_port_range, 32768 and up), so that a
 * connection cannot take the port of a process that restarts.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 50;

/**
 * Checks that a port is free, or finds a free one for 0.
 *
 * @throws {PortTakenError} naming `flag` if it is taken
 */
export async function claimPort(port: number, flag: string, not: ReadonlySet<number> = new Set()): Promise<number> {
  if (port !== 0) {
    if (not.has(port) || !(await canListen(port))) throw new PortTakenError(port, flag);
    return port;
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const candidate = randomInt(LOWEST, HIGHEST);
    if (!not.has(candidate) && (await canListen(candidate))) return candidate;
  }
  throw new Error(`None of ${TRIES} ports between ${LOWEST} and ${HIGHEST} was free.`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
