import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';

import { caught } from './orchestrations/names.js';

interface StartBody {
  id?: string;
  input?: unknown;
  timeoutInMilliseconds?: number;
}

const bodyOf = async (request: HttpRequest): Promise<StartBody> =>
  ((await request.json().catch(() => ({}))) as StartBody | null) ?? {};

function post(
  name: string,
  route: string,
  handler: (request: HttpRequest, context: InvocationContext) => Promise<unknown>,
): void {
  app.http(name, {
    methods: ['POST'],
    authLevel: 'anonymous',
    route,
    extraInputs: [df.input.durableClient()],
    handler: async (request, context) => (await handler(request, context)) as HttpResponseInit,
  });
}

post('start', 'start/{name}', async (request, context) => {
  const client = df.getClient(context);
  const { id, input } = await bodyOf(request);
  try {
    // An absent id or input is undefined on purpose, as in the callers' JSON.
    const options = { instanceId: id, input } as df.StartNewOptions;
    return client.createCheckStatusResponse(request, await client.startNew(request.params['name'] ?? '', options));
  } catch (error) {
    return { status: 500, jsonBody: { error: caught(error) } };
  }
});

post('wait', 'wait/{name}', async (request, context) => {
  const client = df.getClient(context);
  const { id = '', input, timeoutInMilliseconds = 5000 } = await bodyOf(request);
  await client.startNew(request.params['name'] ?? '', { instanceId: id, input });
  return client.waitForCompletionOrCreateCheckStatusResponse(request, id, {
    timeoutInMilliseconds,
    retryIntervalInMilliseconds: 500,
  });
});

/** `{$entity: [name, key]}` and `{$date: text}` become what the client takes. */
function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('$entity' in value && Array.isArray(value.$entity)) {
    const [name, key] = value.$entity as [string, string];
    return new df.EntityId(name, key);
  }
  if ('$date' in value && typeof value.$date === 'string') return new Date(value.$date);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revived(inner)]));
}

/** Any method of the client, its arguments as a JSON list. */
post('client', 'client/{method}', async (request, context) => {
  const client = df.getClient(context) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const args = ((await request.json()) as unknown[]).map(revived);
  try {
    const value = await client[request.params['method'] ?? '']?.(...args);
    return { jsonBody: { value: value ?? null } };
  } catch (error) {
    return { jsonBody: { error: caught(error) } };
  }
});
