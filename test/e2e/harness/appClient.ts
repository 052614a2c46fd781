import { z } from 'zod';
import { until } from '../../shared/until.js';

/** Any answer of the app: the body is the text and, when it is JSON, what that says. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: unknown;
}

/** A request to onboard a client of the seeded connected registry, for the repository that is there. */
export function onboardingOf(client: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { connectedRegistry: 'myconnectedregistry', client, repositories: ['hello-world'], ...more };
}

const step = z.object({
  name: z.string(),
  status: z.enum(['running', 'waiting', 'completed', 'failed']),
  attempts: z.int().min(0),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  message: z.string().optional(),
});

const pull = z.object({
  image: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  bytes: z.int().min(1),
  milliseconds: z.number().min(0),
});

/** `GET /api/operations/{id}`. */
export const operation = z.object({
  id: z.string(),
  kind: z.enum(['onboard', 'rotate']),
  runId: z.string(),
  status: z.enum(['running', 'completed', 'rolledBack', 'failed']),
  phase: z.string(),
  steps: z.array(step),
  result: z
    .object({
      scopeMap: z.string().optional(),
      token: z.string(),
      connectedRegistry: z.string(),
      secret: z.object({
        name: z.string(),
        version: z.string(),
        slot: z.enum(['password1', 'password2']),
        expiresOn: z.iso.datetime(),
      }),
      pull,
      revokes: z.object({ slot: z.enum(['password1', 'password2']), from: z.iso.datetime() }).optional(),
    })
    .optional(),
  failure: z
    .object({
      code: z.string(),
      message: z.string(),
      residue: z.array(z.string()),
      kept: z.array(z.string()),
      nextTryAt: z.iso.datetime().optional(),
      problems: z
        .array(z.object({ code: z.string(), field: z.string().optional(), message: z.string(), fix: z.string() }))
        .optional(),
    })
    .optional(),
});
export type Operation = z.infer<typeof operation>;

/** An error answer of the app (RFC 9457). */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string(), fix: z.string() })).optional(),
});

const clientOperations = z.object({
  operations: z.array(z.object({ id: z.string(), kind: z.string(), endedAt: z.string().optional() })),
});

const accepted = z.object({ id: z.string(), status: z.string() });

const startedOperations = z.object({ operations: z.array(z.object({ id: z.string().optional() })) });

const POLL = 100;

/** Milliseconds between two looks at an operation whose end alone counts, at the most: each look costs the app time. */
const LONGEST_PAUSE = 500;

/**
 * Milliseconds before a look at an operation whose end alone counts: a quick one is seen soon, a slow one is asked for
 * seldom.
 */
export function pauseBefore(look: number): number {
  return Math.min(POLL * 1.25 ** look, LONGEST_PAUSE);
}

/** The app as its callers have it. Keeps the text of every answer, since no answer may hold a password. */
export class AppClient {
  readonly seen: string[] = [];

  readonly #credentials: Readonly<Record<string, string>>;

  /** @param credentials what shows the app that an operator asks: its function key, or the headers of a platform. */
  constructor(
    private readonly url: string,
    credentials: string | Readonly<Record<string, string>>,
  ) {
    this.#credentials = typeof credentials === 'string' ? { 'x-functions-key': credentials } : credentials;
  }

  /** One request. While nothing listens, because the host is being started again, it is sent again for a minute. */
  request(path: string, init: RequestInit = {}): Promise<Answer> {
    return until(
      () =>
        this.#send(path, init).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error)))),
      (answer): answer is Answer => !(answer instanceof Error),
      `${init.method ?? 'GET'} ${path} is answered`,
      { seconds: 60 },
    );
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const answer = await fetch(`${this.url}/api/${path}`, init);
    const text = await answer.text();
    this.seen.push(JSON.stringify([...answer.headers]), text);
    return { status: answer.status, headers: answer.headers, text, body: parse(text) };
  }

  /** `POST /api/onboardings`; a text is sent as it is. */
  post(body: unknown, path = 'onboardings'): Promise<Answer> {
    return this.request(path, {
      method: 'POST',
      headers: { ...this.#credentials, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Posts a request that is to be accepted. @returns the operation's id. */
  async start(body: unknown): Promise<string> {
    const answer = await this.post(body);
    if (answer.status !== 202) throw new Error(`Expected 202, got ${answer.status}: ${answer.text}`);
    return accepted.parse(answer.body).id;
  }

  /** Rotates one client. @returns the operation's id. */
  async rotate(client: string, more: Record<string, unknown> = {}): Promise<string> {
    const clients = [{ connectedRegistry: 'myconnectedregistry', client }];
    const answer = await this.post({ clients, ...more }, 'rotations');
    if (answer.status !== 202) throw new Error(`Expected 202, got ${answer.status}: ${answer.text}`);
    const [part] = startedOperations.parse(answer.body).operations;
    if (part?.id === undefined) throw new Error(`Not started: ${answer.text}`);
    return part.id;
  }

  get(path: string): Promise<Answer> {
    return this.request(path, { headers: this.#credentials });
  }

  async operation(id: string): Promise<Operation> {
    return readOperation(await this.get(`operations/${id}`));
  }

  /**
   * Looks at an operation until it is as wanted.
   * @throws with what was seen last when that takes longer than `seconds`.
   */
  watch(id: string, isWanted: (operation: Operation) => boolean, seconds?: number): Promise<Operation> {
    return until(() => this.operation(id), isWanted, `operation ${id} is as wanted`, { seconds });
  }

  end(id: string, seconds?: number): Promise<Operation> {
    return until(
      () => this.operation(id),
      ({ status }) => status !== 'running',
      `operation ${id} has ended`,
      { seconds, pause: pauseBefore },
    );
  }

  /**
   * Looks at a client's runs until none is under way any more: what waited for a run begins as soon as that has ended.
   * Revocations, which run beside, do not count. @returns the one that ended last.
   */
  async lastEnd(id: string, seconds?: number): Promise<Operation> {
    const key = id.slice(0, id.lastIndexOf('.'));
    const runs = await until(
      async () => {
        const { operations } = clientOperations.parse((await this.get(`clients/${key}/operations`)).body);
        return operations.filter(({ kind }) => kind !== 'revoke');
      },
      (found) => found.length > 0 && found.every(({ endedAt }) => endedAt !== undefined),
      `no run of client ${key} is under way`,
      { seconds, pause: pauseBefore },
    );
    const last = runs.toSorted((left, right) => (left.endedAt ?? '').localeCompare(right.endedAt ?? '')).at(-1);
    return this.operation(last?.id ?? '');
  }

  /** A device's report, with the attempt's key alone. */
  report(operation: string, attempt: number, authorization: string | undefined, body: unknown): Promise<Answer> {
    return this.request(`pull-checks/${operation}/${attempt}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      body: JSON.stringify(body),
    });
  }
}

function readOperation(answer: Answer): Operation {
  if (answer.status !== 200) throw new Error(`Expected 200, got ${answer.status}: ${answer.text}`);
  return operation.parse(answer.body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
