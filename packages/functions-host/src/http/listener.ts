/** A node:http server on 127.0.0.1 that answers with `handle` and can be drained. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { HostLog } from '../log/log.js';
import { empty, writeAnswer, type Answer } from './answer.js';
import { incoming, type Incoming } from './incoming.js';

export interface Listener {
  readonly port: number;
  /**
   * Accepts no more connections. Resolves when the running requests are answered, or after `withinMs`, when they are
   * cut off.
   */
  close(withinMs: number): Promise<void>;
}

/** The port is taken. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(port: number) {
    super(`port ${port} is taken: another process listens on 127.0.0.1:${port}`);
  }
}

/**
 * Listens on a port; 0 takes a free one.
 * @throws PortTakenError
 */
export async function listen(options: {
  port: number;
  bodyLimit: number;
  log: HostLog;
  handle: (request: Incoming) => Promise<Answer>;
}): Promise<Listener> {
  const { port, bodyLimit, log, handle } = options;
  let closing = false;
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const parsed = incoming(request, bodyLimit);
    if (typeof parsed === 'number') return empty(parsed);
    try {
      return await handle(parsed);
    } catch (error) {
      log.error(
        `${parsed.method} ${parsed.path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return empty(500);
    }
  };
  const server = createServer(
    { keepAliveTimeout: 30_000, requestTimeout: 0, maxHeaderSize: 32_768 },
    (request, response) => {
      void answer(request).then((made) => {
        const unread = !request.complete;
        // An unread body within the limit is received and dropped, as on the real host, because a caller that is cut
        // off while it sends may not read the answer. A body that is known to be larger is not received.
        const tooLarge = unread && Number(request.headers['content-length'] ?? 0) > bodyLimit;
        if (unread) response.once('finish', () => drop(request, bodyLimit));
        try {
          writeAnswer(response, made, { method: request.method ?? 'GET', closing: closing || tooLarge });
        } catch (error) {
          // node refuses what it cannot send. The caller notices, and the others are served.
          log.error(`the answer cannot be sent: ${error instanceof Error ? error.message : String(error)}`);
          response.destroy();
        }
      });
    },
  );
  // An expectation that node does not know is no reason to refuse a request.
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
  await start(server, port);
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    close: (withinMs) =>
      new Promise((resolve) => {
        closing = true;
        const cut = setTimeout(() => server.closeAllConnections(), withinMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** Receives and drops the rest of a body. Beyond the limit the connection ends. */
function drop(request: IncomingMessage, limit: number): void {
  let left = limit;
  request.unpipe();
  request.on('data', (part: Buffer) => {
    left -= part.length;
    if (left < 0) request.socket.destroy();
  });
  request.resume();
}

function start(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port) : error);
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
