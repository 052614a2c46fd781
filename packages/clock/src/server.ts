import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Clock } from './clock.js';
import { ClockSettingError, LocalTime } from './localTime.js';
import { clockModes, registration, type ClockMode, type ClockRegistration } from './messages.js';
import { TimelineClock } from './timelineClock.js';

const setting = z.object({ mode: z.enum(clockModes), now: z.string().optional(), scale: z.number().optional() });
const realSetting = z.object({ ...setting.shape, mode: z.string() });
const jump = z.strictObject({
  /** ISO 8601; default: the next due time. */
  to: z.string().optional(),
  /** Real seconds after which the jump gives up. */
  withinSeconds: z.number().positive().max(3600).default(60),
});

const LONGEST_BODY = 64 * 1024;
const problemType = 'application/problem+json';

/** A running clock server; `url` ends in `/clock`. */
export interface ClockServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the clock that the local processes follow: `GET /clock` returns {mode, now, scale, processes}, `POST /clock`
 * {mode, now?, scale?} sets it (`scale` with mode jumping: the pace between jumps), `POST /clock/jump` {to?,
 * withinSeconds?} jumps, `POST /clock/processes` {name, idle, nextDue} registers a process, and `GET
 * /clock/follow?name=` is the stream that a process follows (preload.ts). A clock in real time keeps that mode, because
 * its processes do not follow it: another mode is refused with 400.
 *
 * @param clock an existing clock to serve
 * @param port 0 takes a free port; the server listens on 127.0.0.1 only
 * @param mode the initial mode of a {@link TimelineClock}; any other clock is real
 * @throws the system's error if the port is not available
 */
export async function startClockServer(
  clock: Clock | LocalTime,
  port = 0,
  mode: Exclude<ClockMode, 'real'> = 'jumping',
): Promise<ClockServer> {
  const time = timeOf(clock, mode);
  const server = createServer((request, response) => {
    answer(time, request, response).catch((error: unknown) => {
      if (!response.headersSent) problem(response, 500, 'The clock failed', String(error));
    });
  });
  if (time instanceof LocalTime) time.disregard(server);
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

function timeOf(clock: Clock | LocalTime, mode: Exclude<ClockMode, 'real'>): LocalTime | RealTime {
  if (clock instanceof LocalTime) return clock;
  return clock instanceof TimelineClock ? new LocalTime(clock, mode) : new RealTime(clock);
}

/** The machine's time. Processes report their state to it, and do not follow it. */
class RealTime {
  readonly #registered = new Map<string, ClockRegistration>();

  constructor(private readonly clock: Clock) {}

  register(report: ClockRegistration): void {
    this.#registered.set(report.name, report);
  }

  state(): { mode: ClockMode; now: string; scale: number; processes: readonly ClockRegistration[] } {
    return { mode: 'real', now: this.clock.now().toISOString(), scale: 1, processes: [...this.#registered.values()] };
  }
}

async function answer(time: LocalTime | RealTime, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const route = `${request.method ?? ''} ${pathname}`;
  if (route === 'GET /clock') return json(response, 200, time.state());
  if (route === 'GET /clock/follow' && time instanceof LocalTime) {
    const name = searchParams.get('name') ?? '';
    if (name === '')
      return problem(response, 400, 'Not a follower', 'The query parameter name must name the process that follows.');
    return time.addFollower(name, response);
  }
  if (route === 'POST /clock') return set(time, await readJson(request), response);
  if (route === 'POST /clock/jump') return jumpTo(time, await readJson(request), response);
  if (route === 'POST /clock/processes') {
    const parsed = registration.safeParse(await readJson(request));
    if (!parsed.success) return problem(response, 400, 'Not a registration', z.prettifyError(parsed.error));
    time.register(parsed.data);
    return json(response, 200, time.state());
  }
  problem(
    response,
    404,
    'Not found',
    'The clock serves GET /clock, POST /clock, POST /clock/jump, POST /clock/processes and, unless it is real, GET /clock/follow.',
  );
}

async function set(time: LocalTime | RealTime, body: unknown, response: ServerResponse): Promise<void> {
  if (time instanceof RealTime) return setReal(time, body, response);
  const parsed = setting.safeParse(body);
  if (!parsed.success) return problem(response, 400, 'Not a setting of the clock', z.prettifyError(parsed.error));
  const { mode, now, scale } = parsed.data;
  if (await refusable(response, () => time.set({ mode, now, scale }))) json(response, 200, time.state());
}

/** Accepts only what a clock in real time has already. */
function setReal(time: RealTime, body: unknown, response: ServerResponse): void {
  const parsed = realSetting.safeParse(body);
  if (!parsed.success) return problem(response, 400, 'Not a setting of the clock', z.prettifyError(parsed.error));
  const { mode, now, scale } = parsed.data;
  if (mode !== 'real') return problem(response, 400, 'Mode not available', realOnly(mode));
  if (now !== undefined || (scale ?? 1) !== 1)
    return problem(response, 400, 'Not settable', 'In real time, now and scale cannot be set.');
  json(response, 200, time.state());
}

async function jumpTo(time: LocalTime | RealTime, body: unknown, response: ServerResponse): Promise<void> {
  const parsed = jump.safeParse(body ?? {});
  if (!parsed.success) return problem(response, 400, 'Not a jump', z.prettifyError(parsed.error));
  if (time instanceof RealTime) return problem(response, 400, 'Mode not available', realOnly('jumping'));
  const { to, withinSeconds } = parsed.data;
  await refusable(response, async () => {
    const end = await time.jump({ to, within: withinSeconds * 1000 });
    if (end.busy === undefined) return json(response, 200, end);
    const detail = `Not idle within ${withinSeconds} s: ${end.busy.join(', ')}. It is now ${end.now}.`;
    json(response, 409, { type: 'about:blank', title: 'A process is busy', status: 409, detail, ...end }, problemType);
  });
}

const realOnly = (mode: string): string =>
  `This clock runs in real time only; mode '${mode}' is not available. Start it with another mode, so that the processes follow it.`;

/** @returns whether the setting was accepted; if not, the error has been answered */
async function refusable(response: ServerResponse, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof ClockSettingError)) throw error;
    problem(response, 400, 'Not a setting of the clock', error.message);
    return false;
  }
}

/** The parsed body; undefined if it is too long or not JSON, which no schema accepts. */
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
  json(response, status, { type: 'about:blank', title, status, detail }, problemType);
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
  if (address === null || typeof address === 'string') throw new Error('A server that listens on TCP has a port.');
  return address.port;
}
