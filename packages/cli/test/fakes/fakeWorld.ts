import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { World } from '../../src/program/world.js';

/** A request as the fake app got it. */
export interface SeenRequest {
  readonly method: string;
  /** Below /api, with the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type FakeApp = (request: SeenRequest) => FakeAnswer | Promise<FakeAnswer>;

export interface FakeWorld extends World {
  readonly out: () => string;
  readonly err: () => string;
  readonly requests: SeenRequest[];
  readonly slept: number[];
  /** The key store of the system. */
  readonly keys: Map<string, string>;
  /** As Ctrl-C does. */
  interrupt(): void;
}

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed; chunks are taken one by one when somebody reads. */
  readonly stdin?: string | Iterable<Buffer>;
  /** Columns of a terminal on all three streams; none without it. */
  readonly columns?: number;
}

export const APP_URL = 'https://app.example.org';
export const KEY = 'the-function-key';

/** A world with an app behind `fetch`, in which time passes when somebody sleeps. Its home is a new folder. */
export function fakeWorld(app: FakeApp, { env, stdin, columns }: WorldOptions = {}): FakeWorld {
  const requests: SeenRequest[] = [];
  const slept: number[] = [];
  const keys = new Map<string, string>();
  const interruption = new AbortController();
  const home = mkdtempSync(join(tmpdir(), 'crctl-test-'));
  let out = '';
  let err = '';
  let now = Date.parse('2026-11-30T12:00:00Z');
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  return {
    env: env ?? { CRCTL_URL: APP_URL, CRCTL_KEY: KEY },
    stdin: Object.assign(Readable.from(typeof stdin === 'string' ? [Buffer.from(stdin)] : (stdin ?? [])), {
      isTTY: columns !== undefined,
    }),
    stdout: { write: (text) => (out += text), ...terminal },
    stderr: { write: (text) => (err += text), ...terminal },
    platform: 'linux',
    home,
    cwd: home,
    interrupted: interruption.signal,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const seen = {
        method: request.method,
        path: `${url.pathname.replace(/^\/api/, '')}${url.search}`,
        headers: request.headers,
        body: await bodyOf(request),
      };
      requests.push(seen);
      const { status, json, text, headers } = await app(seen);
      const body = json === undefined ? text : JSON.stringify(json);
      return new Response(status === 204 ? null : (body ?? ''), {
        ...(status === undefined ? {} : { status }),
        ...(headers === undefined ? {} : { headers }),
      });
    },
    openKeyStore: async () => ({
      read: (name) => keys.get(name),
      write: (name, key) => keys.set(name, key),
      remove: (name) => keys.delete(name),
    }),
    now: () => now,
    sleep: async (milliseconds, signal) => {
      signal.throwIfAborted();
      slept.push(milliseconds);
      now += milliseconds;
    },
    out: () => out,
    err: () => err,
    requests,
    slept,
    keys,
    interrupt: () => interruption.abort(),
  };
}

async function bodyOf(request: Request): Promise<string> {
  const bytes = Buffer.from(await request.arrayBuffer());
  return (request.headers.get('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
}
