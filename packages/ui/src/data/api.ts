import type { Session } from '../session/session.js';
import { FaultError, isProblem } from './fault.js';

/** Milliseconds after which a request is given up. */
export const REQUEST_TIMEOUT = 60_000;

export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * What was read, and its ETag; `notModified` if it is what the given ETag names. `ageSeconds`: how old it was, by the
 * app's clock.
 */
export type Answer<T> =
  | { readonly kind: 'value'; readonly value: T; readonly etag?: string; readonly ageSeconds?: number }
  | { readonly kind: 'notModified'; readonly ageSeconds?: number };

/**
 * The app's public API. Answers have the types of the app's own schemas. They are not parsed by them: page and API are
 * of one version, since the app serves both.
 */
export class Api {
  /** @param base the API's address, which ends with a slash: that of the page without its last part */
  constructor(
    private readonly base: string,
    private readonly session: Session,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /**
   * Reads.
   * @param path below the API's address, without a slash at its start: `clients`, or `clients/{key}` with its parts
   * encoded
   * @throws {FaultError}
   */
  async read<T>(
    path: string,
    parameters: Parameters = {},
    { etag, signal }: { readonly etag?: string | undefined; readonly signal?: AbortSignal } = {},
  ): Promise<Answer<T>> {
    const answer = await this.#send(
      'GET',
      path,
      parameters,
      etag === undefined ? {} : { 'if-none-match': etag },
      undefined,
      signal,
    );
    const age = secondsOf(answer, 'age');
    const aged = age === undefined ? {} : { ageSeconds: age };
    if (answer.status === 304) return { kind: 'notModified', ...aged };
    const value = (await bodyOf(answer)) as T;
    const newEtag = answer.headers.get('etag');
    return { kind: 'value', value, ...aged, ...(newEtag === null ? {} : { etag: newEtag }) };
  }

  /** Reads once. @throws {FaultError} */
  async readOnce<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
    const answer = await this.read<T>(path, parameters, signal === undefined ? {} : { signal });
    if (answer.kind === 'notModified') throw new FaultError({ kind: 'unexpected', status: 304 });
    return answer.value;
  }

  /**
   * Changes something. It is sent once: after a fault of kind `unreachable` or `timeout`, whether it arrived is
   * unknown.
   * @throws {FaultError}
   */
  async send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, json?: unknown): Promise<T> {
    const headers = json === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await this.#send(method, path, {}, headers, json === undefined ? undefined : JSON.stringify(json));
    return (await bodyOf(answer)) as T;
  }

  async #send(
    method: string,
    path: string,
    parameters: Parameters,
    headers: Readonly<Record<string, string>>,
    body?: string,
    signal?: AbortSignal,
  ): Promise<Response> {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT);
    const answer = await this.fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers, ...this.session.headers() },
      ...(body === undefined ? {} : { body }),
      credentials: 'same-origin',
      // What is shown is the fleet's: the browser keeps no copy. A redirect could lead the key elsewhere.
      cache: 'no-store',
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new FaultError(
        error instanceof DOMException && error.name === 'TimeoutError'
          ? { kind: 'timeout', seconds: REQUEST_TIMEOUT / 1000 }
          : { kind: 'unreachable' },
      );
    });
    if (answer.ok || answer.status === 304) return answer;
    throw await this.#faultOf(answer);
  }

  async #faultOf(answer: Response): Promise<FaultError> {
    if (answer.status === 401) {
      this.session.refused();
      return new FaultError({ kind: 'signedOut' });
    }
    const after = secondsOf(answer, 'retry-after');
    const body = await answer.json().catch(() => undefined);
    return isProblem(body)
      ? new FaultError({ kind: 'refused', problem: body }, after)
      : new FaultError({ kind: 'unexpected', status: answer.status }, after);
  }
}

/** A header that is a number of seconds. */
function secondsOf({ headers }: Response, name: string): number | undefined {
  const text = headers.get(name) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The body as JSON; undefined if there is none. */
async function bodyOf(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined;
  try {
    return await answer.json();
  } catch {
    throw new FaultError({ kind: 'unexpected', status: answer.status });
  }
}
