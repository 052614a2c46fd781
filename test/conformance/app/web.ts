/** The host itself: HTTP, timers, Event Grid. */
import { app, type HttpFunctionOptions, type HttpHandler, type HttpResponseInit } from '@azure/functions';

function http(name: string, options: Omit<HttpFunctionOptions, 'handler'>, handler: HttpHandler): void {
  app.http(name, { methods: ['GET'], authLevel: 'anonymous', ...options, handler });
}

http('hello', { methods: ['GET', 'POST', 'PUT'], route: 'hello/{name?}' }, async (request) => ({
  jsonBody: {
    params: request.params,
    query: Object.fromEntries(request.query),
    method: request.method,
    path: new URL(request.url).pathname,
    body: await request.text(),
    type: request.headers.get('content-type'),
    extra: request.headers.get('x-extra'),
  },
}));
http('items', { route: 'items/{category:alpha}/{id:int:min(1)}' }, (request) => ({
  jsonBody: request.params,
  headers: { 'x-kind': 'item' },
}));
http('files', { route: 'files/{*rest}' }, (request) => ({ jsonBody: request.params }));
http('noRoute', {}, () => ({ body: 'by its name' }));
http('secret', { authLevel: 'function' }, () => ({ body: 'well kept' }));
http('master', { authLevel: 'admin', route: 'master' }, () => ({ body: 'for the master' }));
http('broken', {}, () => {
  throw new Error('no good');
});

const answers: Record<string, unknown> = {
  nothing: undefined,
  empty: {},
  text: { body: 'text' },
  json: { jsonBody: { a: 1 } },
  jsonNull: { jsonBody: null },
  bytes: { body: new Uint8Array([0, 1, 254, 255]), headers: { 'content-type': 'application/octet-stream' } },
  status: { status: 418, body: 'teapot' },
  bare: { status: 204 },
  redirect: { status: 302, headers: { location: 'https://example.org/x' } },
  cookies: {
    cookies: [
      { name: 'a', value: '1' },
      { name: 'b', value: '2', httpOnly: true, maxAge: 60, path: '/x', sameSite: 'Strict', secure: true },
    ],
    body: 'c',
  },
  html: { body: '<p>é</p>', headers: { 'content-type': 'text/html; charset=utf-8' } },
  string: 'just text',
};
http('answers', { route: 'answers/{kind}' }, (request) => answers[request.params['kind'] ?? ''] as HttpResponseInit);

http('raw', { methods: ['POST'] }, async (request) => {
  const bytes = new Uint8Array(await request.arrayBuffer());
  return { jsonBody: { length: bytes.length, first: Array.from(bytes.subarray(0, 4)) } };
});
http('form', { methods: ['POST'] }, async (request) => {
  const fields = [...(await request.formData()).entries()].map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' ? value : { file: value.name, size: value.size },
  ]);
  return { jsonBody: Object.fromEntries(fields) };
});

/** What timers and events brought, read back by GET /api/happened. */
const happened: unknown[] = [];
app.timer('yearly', {
  schedule: '0 0 0 1 1 *',
  handler: (timer) => {
    happened.push({
      timer: Object.keys(timer).sort(),
      isPastDue: timer.isPastDue,
      status: Object.keys(timer.scheduleStatus).sort(),
    });
  },
});
app.timer('often', {
  schedule: '*/2 * * * * *',
  handler: () => {
    happened.push('often');
  },
});
app.eventGrid('grid', {
  handler: (event, context) => {
    if (event.data?.['refuse'] === true) throw new Error('refused');
    const metadata = Object.keys(context.triggerMetadata ?? {}).sort();
    happened.push({ event: { ...event, eventTime: undefined }, metadata });
  },
});
http('happened', {}, () => ({ jsonBody: happened }));
