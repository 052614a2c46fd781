import { startPlainServer, type PlainServer } from '../../../../test/shared/plainServer.js';
import type { Cloud } from '../../../../test/shared/cloud.js';

/** The network between connected registries and the control plane, which a test can cut. */
export interface Gate extends PlainServer {
  /** Closes every connection before the control plane gets the request. */
  cut: boolean;
  /** Loses every answer, after the control plane has handled the request. */
  loseAnswers: boolean;
}

export async function openGate(cloud: Cloud): Promise<Gate> {
  const server = await startPlainServer((request, response, body) => {
    if (gate.cut) return void request.socket.destroy();
    const headers = { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' };
    void cloud.call('POST', request.url ?? '/', body, headers).then((reply) => {
      if (gate.loseAnswers) return void request.socket.destroy();
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.text);
    });
  });
  const gate: Gate = { ...server, cut: false, loseAnswers: false };
  return gate;
}
