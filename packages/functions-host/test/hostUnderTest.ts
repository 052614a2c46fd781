import { request } from 'node:http';
import { connect } from 'node:net';

import { startHostInProcess, type HostOptions, type RunningHost } from '../src/host.js';
import type { LogEntry } from '../src/log/log.js';
import { makeApp } from './appFolder.js';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export interface HostUnderTest {
  readonly host: RunningHost;
  readonly log: readonly LogEntry[];
  readonly appDir: string;
  readonly dataDir: string;
  /** One request over a socket; the path goes out as it is written. */
  send(
    method: string,
    path: string,
    options?: { headers?: Record<string, string | string[]>; body?: string | Buffer; chunked?: boolean },
  ): Promise<Answered>;
  /** A request that declares a body of `length` bytes and sends its begin; `end` sends the rest in zeros. */
  beginning(
    method: string,
    path: string,
    length: number,
    begin?: Buffer,
  ): Promise<{ answered: Promise<Pick<Answered, 'status'>>; end: () => Promise<void> }>;
  /** Body of a GET that must be 200, as JSON. */
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** A host on a free port over an app made of these files. */
export async function hostWith(
  files: Record<string, string>,
  options: Partial<HostOptions> = {},
): Promise<HostUnderTest> {
  const app = await makeApp(files);
  const log: LogEntry[] = [];
  const environment = { ...options.environment };
  const host = await startHostInProcess({
    appDir: app.appDir,
    dataDir: app.dataDir,
    port: 0,
    logSink: (entry) => log.push(entry),
    ...options,
    environment,
  }).catch(async (error: unknown) => {
    await app.remove();
    throw error;
  });
  const send: HostUnderTest['send'] = (method, path, { headers = {}, body, chunked = false } = {}) =>
    new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : Buffer.from(body);
      const length = chunked || bytes === undefined ? {} : { 'content-length': String(bytes.length) };
      const sent = request(
        { host: '127.0.0.1', port: host.port, method, path, agent: false, headers: { ...length, ...headers } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const whole = Buffer.concat(parts);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: whole,
              text: whole.toString('utf8'),
            });
          });
        },
      );
      sent.on('error', reject);
      if (bytes !== undefined) sent.write(bytes);
      sent.end();
    });
  const beginning: HostUnderTest['beginning'] = async (method, path, length, begin = Buffer.alloc(0)) => {
    const socket = connect(host.port, '127.0.0.1');
    const answered = new Promise<{ status: number }>((resolve, reject) => {
      socket.once('data', (part: Buffer) => resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(part.toString())?.[1]) }));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed without an answer')));
    });
    socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`);
    await new Promise<void>((resolve) => socket.write(begin, () => resolve()));
    const end = async () => {
      const part = Buffer.alloc(1_000_000);
      for (let left = length - begin.length; left > 0; left -= part.length)
        await new Promise<void>((resolve, reject) => {
          socket.write(part.subarray(0, left), (error) => (error ? reject(error) : resolve()));
        });
      socket.end();
    };
    return { answered, end };
  };
  return {
    host,
    log,
    appDir: app.appDir,
    dataDir: app.dataDir,
    send,
    beginning,
    get: async (path) => {
      const answer = await send('GET', path);
      if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
      return JSON.parse(answer.text) as unknown;
    },
    stop: async () => {
      await host.stop();
      await app.remove();
    },
  };
}
