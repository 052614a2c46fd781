import type { InvocationContext } from '@azure/functions';
import type { FakeDurableClient } from './durableClient.js';

/** Where the engine of {@link listingContext} is. */
const BASE = 'http://127.0.0.1:1/durabletask/';

const INPUT = { type: 'durableClient', name: 'client' };

/** An invocation whose durable client's binding leads to that engine. */
export function listingContext(rpcBaseUrl: string | undefined = BASE): InvocationContext {
  const managementUrls = {
    id: 'INSTANCEID',
    statusQueryGetUri: 'http://app.test/runtime/webhooks/durabletask/instances/INSTANCEID?taskHub=h&code=k',
  };
  return {
    invocationId: 'i-1',
    log: () => undefined,
    error: () => undefined,
    options: { extraInputs: [INPUT] },
    extraInputs: { get: () => ({ ...(rpcBaseUrl === '' ? {} : { rpcBaseUrl }), managementUrls }) },
  } as unknown as InvocationContext;
}

/** The engine's listing, as the extension answers it: by id, with a continuation in a header. */
export function listingFetch(engine: FakeDurableClient, asked: URL[] = []): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    asked.push(url);
    const parameter = (name: string) => url.searchParams.get(name) ?? '';
    const statuses = parameter('runtimeStatus').split(',').filter(Boolean);
    const after = new Headers(init?.headers).get('x-ms-continuation-token') ?? '';
    const fitting = [...engine.instances]
      .map(([instanceId, found]) => ({ instanceId, ...found }))
      .filter(({ instanceId }) => instanceId.startsWith(parameter('instanceIdPrefix')) && instanceId > after)
      .filter(({ runtimeStatus }) => statuses.length === 0 || statuses.includes(runtimeStatus))
      .sort((left, right) => (left.instanceId < right.instanceId ? -1 : 1));
    const page = fitting.slice(0, Number(parameter('top')));
    const last = page.at(-1)?.instanceId;
    const time = '2026-03-01T12:10:00Z';
    const body = page.map((item) => ({
      createdTime: time,
      lastUpdatedTime: time,
      customStatus: null,
      output: null,
      ...item,
    }));
    return Response.json(body, {
      headers: page.length < fitting.length && last !== undefined ? { 'x-ms-continuation-token': last } : {},
    });
  };
}
