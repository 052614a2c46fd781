import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface PlainServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Ends its connections, too. */
  close(): Promise<void>;
}

/**
 * Serves plain http on a free port of this machine.
 * @param answer is called once a request's body is there, as text.
 */
export async function startPlainServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<PlainServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
