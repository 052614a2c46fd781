import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PageSignIn } from '../../../src/settings/config.js';
import { getFleetPage } from '../../../src/triggers/http/page/fleetPage.js';
import { startPlainServer } from '../../shared/plainServer.js';

/** What the API answers. A text as body is sent as it is. */
export interface FakeAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Resolves when it is sent: never, for an app that hangs. */
  readonly after?: Promise<unknown>;
  /** The connection ends instead of an answer. */
  readonly isCut?: true;
}

/** Answers by method and path below /api/: `GET clients/{key}`. The most exact one counts; `*` stands for one part. */
export type FakeApi = Map<string, (request: FakeRequest) => FakeAnswer>;

export interface FakeRequest {
  readonly query: URLSearchParams;
  readonly json: unknown;
  /** Below /api/, decoded. */
  readonly parts: readonly string[];
}

/** The app's own page, with an API whose answers the test chooses. Their order and time depend on nothing else. */
export interface PageServer {
  readonly url: string;
  readonly api: FakeApi;
  /** Requests to the API that changed something: method, path and body. */
  readonly changes: { readonly path: string; readonly json: unknown }[];
  /** Requests to the API that were let in, and how many of all had the header of a function key. */
  readonly callers: { known: number; withKey: number };
  /** Answers everything, instead of `api`, until it is taken away. */
  fault: (() => FakeAnswer) | undefined;
  close(): Promise<void>;
}

export const KEY = 'key-of-the-fleet-page-tests-0123456789';
/** The cookie of App Service authentication, which no script of a page reads. */
export const COOKIE = { name: 'AppServiceAuthSession', value: 'session-of-the-fleet-page-tests' };

/** @param api answers of a fleet @param signIn how operators sign in, as the app's settings have it */
export async function startPageServer(api: FakeApi, signIn: PageSignIn = 'key'): Promise<PageServer> {
  const getPage = getFleetPage(signIn);
  const own: Pick<PageServer, 'api' | 'changes' | 'callers'> & { fault: PageServer['fault'] } = {
    api,
    changes: [],
    callers: { known: 0, withKey: 0 },
    fault: undefined,
  };
  const server = await startPlainServer((request, response, body) => {
    void answerTo(request, body).then(
      (answer) => send(answer, response),
      (error: unknown) => send({ status: 500, body: String(error) }, response),
    );
  });

  async function answerTo(request: IncomingMessage, body: string): Promise<FakeAnswer> {
    const { pathname, searchParams } = new URL((request.url ?? '/').replace(/^\/+/, '/'), 'http://localhost');
    if (/^\/api\/ui(?:\/|$)/.test(pathname)) return pageOf(request, pathname);
    const key = request.headers['x-functions-key'];
    if (key !== undefined) own.callers.withKey += 1;
    const isKnown =
      signIn === 'entra'
        ? request.headers.cookie?.split('; ').includes(`${COOKIE.name}=${COOKIE.value}`) === true
        : key === KEY;
    if (!isKnown) return { status: 401 };
    own.callers.known += 1;
    const parts = pathname
      .replace(/^\/api\//, '')
      .split('/')
      .map(decodeURIComponent);
    const json: unknown = body === '' ? undefined : JSON.parse(body);
    const isDryRun = typeof json === 'object' && json !== null && 'dryRun' in json;
    if (request.method !== 'GET' && !isDryRun) own.changes.push({ path: parts.join('/'), json });
    if (own.fault !== undefined) return own.fault();
    const found = handlerFor(api, request.method ?? 'GET', parts);
    return found === undefined ? { status: 404 } : found({ query: searchParams, json, parts });
  }

  async function pageOf(request: IncomingMessage, pathname: string): Promise<FakeAnswer> {
    const file = pathname.replace(/^\/api\/ui\/?/, '');
    const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    headers.delete('accept-encoding');
    const asked = { url: `http://localhost${pathname}`, params: { file }, headers };
    // The page's route looks at nothing else of a request.
    const answer: HttpResponseInit = await getPage(asked as unknown as HttpRequest);
    return { status: answer.status ?? 200, body: answer.body ?? '', headers: answer.headers as Record<string, string> };
  }

  return Object.assign(own, {
    url: `${server.url.replace('127.0.0.1', 'localhost')}/api/ui`,
    close: () => server.close(),
  });
}

function handlerFor(api: FakeApi, method: string, parts: readonly string[]) {
  const patterns = [...api.keys()].filter((pattern) => {
    const [verb, path = ''] = pattern.split(' ');
    const wanted = path.split('/');
    return (
      verb === method && wanted.length === parts.length && wanted.every((one, n) => one === '*' || one === parts[n])
    );
  });
  const stars = (pattern: string) => pattern.split('*').length;
  return api.get(patterns.toSorted((one, other) => stars(one) - stars(other))[0] ?? '');
}

async function send(
  { status = 200, body, headers = {}, after, isCut }: FakeAnswer,
  response: ServerResponse,
): Promise<void> {
  await after;
  if (isCut === true) {
    response.destroy();
    return;
  }
  const isJson = body !== undefined && typeof body !== 'string';
  response.writeHead(status, {
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(isJson ? JSON.stringify(body) : body);
}
