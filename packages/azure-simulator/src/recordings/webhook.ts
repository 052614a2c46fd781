import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

const validation = z.array(z.looseObject({ data: z.looseObject({ validationCode: z.string() }) })).min(1);

/** Starts an endpoint that answers Event Grid's validation in both schemas, and accepts every event. */
export async function startWebhook(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, answer) => {
    void text(request).then((body) => {
      const origin = request.headers['webhook-request-origin'];
      if (request.method === 'OPTIONS')
        return answer.writeHead(200, { 'webhook-allowed-origin': origin ?? '*', 'webhook-allowed-rate': '*' }).end();
      const asked = validation.safeParse(parseJson(body));
      const code = asked.data?.[0]?.data.validationCode;
      return answer
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(code === undefined ? {} : { validationResponse: code }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, close: () => void server.close() };
}
