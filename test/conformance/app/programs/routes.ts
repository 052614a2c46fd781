/**
 * Functions that odd requests are sent to: one that shows a request, one that answers as it is asked to, and drawn
 * routes.
 */
import { readFileSync } from 'node:fs';

import { app, type HttpMethod, type HttpResponseInit } from '@azure/functions';

const methods: HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];

app.http('mirror', {
  methods,
  authLevel: 'anonymous',
  route: 'mirror/{*rest}',
  handler: async (request) => ({
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: [...request.query],
      headers: [...request.headers].filter(
        ([name]) => name === 'cookie' || name.startsWith('x-odd') || name.startsWith('content-'),
      ),
      body: Buffer.from(await request.arrayBuffer()).toString('latin1'),
    },
  }),
});

/** An answer as it is asked for: `bytes` is a body in base64. */
interface Asked extends HttpResponseInit {
  bytes?: string;
}

app.http('answerAs', {
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: async (request) => {
    const { bytes, ...asked } = (await request.json()) as Asked;
    return bytes === undefined ? asked : { ...asked, body: Buffer.from(bytes, 'base64') };
  },
});

/** Templates by the name of their function. Their paths begin with a part that no other seed's have. */
const file = process.env['FUZZ_ROUTES'];
const templates = (file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'))) as Record<string, string>;
for (const [name, route] of Object.entries(templates))
  app.http(name, {
    methods: ['GET'],
    authLevel: 'anonymous',
    route,
    handler: (request) => ({ jsonBody: { name, params: request.params } }),
  });
