import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Cloud } from '../azure/cloud.js';

/** The network between connected registries and the control plane, which a test can cut. */
export interface Gate {
  url: string;
  /** Cuts every connection before the control plane hears of it. */
  cut: boolean;
  /** Loses the answers, after the control plane has done its part. */
  loseAnswers: boolean;
  close(): Promise<void>;
}

export async function openGate(cloud: Cloud): Promise<Gate> {
  const gate: Gate = {
    url: '',
    cut: false,
    loseAnswers: false,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (gate.cut) return void request.socket.destroy();
      const headers = { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' };
      const body = Buffer.concat(chunks).toString('utf8');
      void cloud.call('POST', request.url ?? '/', body, headers).then((reply) => {
        if (gate.loseAnswers) return void request.socket.destroy();
        response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.text);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  gate.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return gate;
}
