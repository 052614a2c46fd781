import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the range of ports for outgoing connections (Linux: net.ipv4.ip_local_port_range, 32768 and up), so that a
 * connection cannot take the port of a process that restarts.
 */
const LOWEST = 20_000;
/** Ports to choose from, and as many above them that only reserve: see {@link reserve}. */
const CHOICE = 6000;
const TRIES = 50;

/** Whether a port is one that {@link claimPort} may find. */
const isChoice = (port: number): boolean => port >= LOWEST && port < LOWEST + CHOICE;

/** A requested port is in use; `flag` chooses another one. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  constructor(
    readonly port: number,
    readonly flag: string,
  ) {
    const reserved = port - CHOICE;
    super(
      `Port ${port} on 127.0.0.1 is taken. ${
        isChoice(reserved)
          ? `Another local stack may have reserved port ${reserved} by it. Choose`
          : 'Stop the process that uses it, or choose'
      } another port with ${flag} (0 takes a free one).`,
    );
  }
}

/** Listeners that reserve ports. They are kept until this process ends, and do not keep it from ending. */
const reservations: Server[] = [];

/**
 * Checks that a port is free, or finds a free one for 0. The port belongs to this process until it ends: no other that
 * looks for a free one gets it, though nothing listens on it yet, or its process is about to restart.
 *
 * @throws {PortTakenError} naming `flag` if it is taken
 */
export async function claimPort(port: number, flag: string, not: ReadonlySet<number> = new Set()): Promise<number> {
  if (port !== 0) {
    if (not.has(port) || !(await canListen(port))) throw new PortTakenError(port, flag);
    // Whoever asks for a number gets it, even if it is reserved. Otherwise nobody finds it before it is in use.
    if (isChoice(port)) await reserve(port);
    return port;
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const candidate = randomInt(LOWEST, LOWEST + CHOICE);
    if (!not.has(candidate) && (await canListen(candidate)) && (await reserve(candidate))) return candidate;
  }
  throw new Error(`None of ${TRIES} ports between ${LOWEST} and ${LOWEST + CHOICE} was free.`);
}

/**
 * Reserves a port for this process by listening on another, which stands for it. The operating system gives that one to
 * a single process, and takes it back however the process ends, which a file could not promise.
 *
 * @returns false if another process, or this one, has reserved it
 */
async function reserve(port: number): Promise<boolean> {
  const reservation = await listenOn(port + CHOICE);
  if (!reservation) return false;
  reservation.on('connection', (socket) => socket.destroy());
  reservations.push(reservation.unref());
  return true;
}

async function canListen(port: number): Promise<boolean> {
  const probe = await listenOn(port);
  if (!probe) return false;
  await new Promise((resolve) => probe.close(resolve));
  return true;
}

function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
