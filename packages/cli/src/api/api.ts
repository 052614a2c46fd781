import type { z } from 'zod';
import type { SignIn } from '../connection/place.js';
import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import type { World } from '../program/world.js';
import { readProblem } from './problem.js';
import { sentBody, type Body } from './sentBody.js';

/** Milliseconds that one request may take; the slowest, of /health and of rollouts of 10,000 rows, take seconds. */
const REQUEST_TIMEOUT = 120_000;
/**
 * Maximum attempts of a read. A request that changes something is sent once: its answer says whether to send it again.
 */
const READ_ATTEMPTS = 5;
const RETRY_STATUSES: readonly number[] = [429, 502, 503, 504];
const MAX_RETRY_SECONDS = 30;

export type QueryValue = string | number | boolean | undefined;

/** The API of one app. */
export class Api {
  /** Whether a request that changes something was sent. */
  hasSent = false;

  /** @param again `crctl` with the flags by which the app was chosen, for what a refusal says to type next */
  constructor(
    readonly url: string,
    private readonly signIn: SignIn,
    private readonly world: Pick<World, 'fetch' | 'sleep' | 'interrupted'>,
    private readonly again: string,
  ) {}

  /**
   * Reads. Repeats if the app is busy or does not answer.
   * @param path below /api, its parts encoded
   */
  async get<T>(path: string, schema: z.ZodType<T>, query: Readonly<Record<string, QueryValue>> = {}): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send('GET', path, query, undefined).catch((error: unknown) => {
        if (!(error instanceof NoAnswer) || attempt === READ_ATTEMPTS) throw error;
        return undefined;
      });
      if (answer && (attempt === READ_ATTEMPTS || !RETRY_STATUSES.includes(answer.status)))
        return this.#accepted('GET', path, answer, schema);
      await answer?.body?.cancel();
      await this.world.sleep(retryAfter(answer, attempt) * 1000, this.world.interrupted);
    }
  }

  /** Changes something. */
  async send<T>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    schema: z.ZodType<T>,
    body?: Body,
    query: Readonly<Record<string, QueryValue>> = {},
  ): Promise<T> {
    this.hasSent = true;
    return this.#accepted(method, path, await this.#send(method, path, query, body), schema);
  }

  async #send(
    method: string,
    path: string,
    query: Readonly<Record<string, QueryValue>>,
    body: Body | undefined,
  ): Promise<Response> {
    const url = new URL(`${this.url}/api${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const sent = body === undefined ? undefined : await sentBody(body);
    const headers = { accept: 'application/json', ...(await this.signIn()), ...sent?.headers };
    try {
      return await this.world.fetch(url, {
        method,
        headers,
        // A redirect could lead the key elsewhere.
        redirect: 'error',
        signal: AbortSignal.any([this.world.interrupted, AbortSignal.timeout(REQUEST_TIMEOUT)]),
        ...(sent === undefined ? {} : { body: sent.bytes }),
      });
    } catch (error) {
      this.world.interrupted.throwIfAborted();
      throw new NoAnswer(this.url, method, causeOf(error));
    }
  }

  async #accepted<T>(method: string, path: string, answer: Response, schema: z.ZodType<T>): Promise<T> {
    const text = await answer.text().catch((error: unknown) => {
      this.world.interrupted.throwIfAborted();
      throw new NoAnswer(this.url, method, causeOf(error));
    });
    if (!answer.ok) throw await readProblem({ method, path, status: answer.status, text, again: this.again });
    const value: unknown = text === '' ? undefined : parsed(text);
    const checked = schema.safeParse(value);
    if (checked.success) {
      // The answer as it came: it may have fields that this version does not know, which JSON is to show.
      return value as T;
    }
    const [issue] = checked.error.issues;
    throw new CommandError(EXIT.failed, `The answer to ${method} /api${path} is not one that this crctl knows.`, [
      `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'unknown'}`,
      'Is the address that of the app? Otherwise use the crctl of the version that `crctl version` shows for the app.',
    ]);
  }
}

/** The app did not answer. Whether it got the request is unknown. */
class NoAnswer extends CommandError {
  constructor(url: string, method: string, cause: string) {
    super(EXIT.failed, `${url} does not answer (${cause}).`, [
      'Is the address right, and does the app run?',
      ...(method === 'GET' ? [] : ['Whether the request arrived is unknown: look before you send it again.']),
    ]);
  }
}

/** The reason as Node names it: `ECONNREFUSED`, `TimeoutError`. A redirect has no code. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function retryAfter(answer: Response | undefined, attempt: number): number {
  const asked = Number(answer?.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(asked) ? Math.min(asked, MAX_RETRY_SECONDS) : 2 ** (attempt - 1) / 2;
}
