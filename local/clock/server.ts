import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Clock } from './clock.js';

const setting = z.object({ mode: z.string(), now: z.string().optional(), scale: z.number().optional() });

const registration = z.strictObject({
  name: z.string().min(1).max(64),
  /** Nothing is being worked on. */
  idle: z.boolean(),
  /** When this process has something to do next (ISO 8601), null when nothing is planned. */
  nextDue: z.iso.datetime({ offset: true }).nullable(),
});
export type ClockRegistration = z.infer<typeof registration>;

const LONGEST_BODY = 64 * 1024;

/** A running clock server; `url` ends in `/clock`. */
export interface ClockServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the clock that the local processes follow: `GET /clock` answers {mode, now, scale, processes},
 * `POST /clock` {mode, now?, scale?} sets it, `POST /clock/processes` {name, idle, nextDue} registers a process.
 * Real time is the only mode, so that asking for another is refused with a 400.
 *
 * @param port 0 for a free one; only 127.0.0.1 is listened on.
 * @throws the system's error when the port cannot be had.
 */
export async function startClockServer(clock: Clock, port = 0): Promise<ClockServer> {
  const processes = new Map<string, ClockRegistration>();
  const server = createServer((request, response) => {
    answer(clock, processes, request, response).catch((error: unknown) => {
      if (!response.headersSent) problem(response, 500, 'The clock failed', String(error));
    });
  });
  await listen(server, port);
  return {
    url: `http://localhost:${portOf(server)}/clock`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  clock: Clock,
  processes: Map<string, ClockRegistration>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const state = () => ({ mode: 'real', now: clock.now().toISOString(), scale: 1, processes: [...processes.values()] });

  if (pathname === '/clock' && request.method === 'GET') return json(response, 200, state());
  if (request.method !== 'POST' || (pathname !== '/clock' && pathname !== '/clock/processes'))
    return problem(response, 404, 'Not found', 'There is GET /clock, POST /clock and POST /clock/processes.');

  const body = await readJson(request);
  if (pathname === '/clock/processes') {
    const parsed = registration.safeParse(body);
    if (!parsed.success) return problem(response, 400, 'Not a registration', z.prettifyError(parsed.error));
    processes.set(parsed.data.name, parsed.data);
    return json(response, 200, state());
  }
  const parsed = setting.safeParse(body);
  if (!parsed.success) return problem(response, 400, 'Not a setting of the clock', z.prettifyError(parsed.error));
  if (parsed.data.mode !== 'real')
    return problem(
      response,
      400,
      'Mode not available',
      `This clock runs in real time only; mode '${parsed.data.mode}' is not available.`,
    );
  if (parsed.data.now !== undefined || (parsed.data.scale ?? 1) !== 1)
    return problem(response, 400, 'Not settable', 'In real time, now and scale cannot be set.');
  return json(response, 200, state());
}

/** The parsed body, or undefined for one that is too long or not JSON, which no schema accepts. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LONGEST_BODY) chunks.push(chunk);
  }
  if (length > LONGEST_BODY) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, title: string, detail: string): void {
  json(response, status, { type: 'about:blank', title, status, detail }, 'application/problem+json');
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A server that listens on a port has one.');
  return address.port;
}
