/** What a case does to the host, over public interfaces only, and what it notes of the answers. */

/** Keys of the host under test. */
export interface Keys {
  readonly master: string;
  readonly function: string;
  readonly durable: string;
  readonly eventGrid: string;
}

/** Where a host is, and what it talks to. */
export interface Target {
  readonly base: string;
  readonly keys: Keys;
  readonly peer: string;
  /** Sets the instances of this run apart from those of others. */
  readonly run: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[]>;
  body: unknown;
}

/** Fields of a status answer that cases look at. */
export interface Status {
  name: string;
  runtimeStatus: string;
  input: unknown;
  output: unknown;
  customStatus: unknown;
}

/** One case: what is done; its answers are noted. */
export type Case = (run: CaseRun) => Promise<void>;

interface Body {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  raw?: string;
  type?: string;
  headers?: Record<string, string>;
}

const noted = ['location', 'retry-after', 'content-type', 'x-ms-continuation-token'];
const notedOfWeb = [
  'content-type',
  'location',
  'set-cookie',
  'x-kind',
  'www-authenticate',
  'allow',
  'webhook-allowed-origin',
  'webhook-allowed-rate',
];

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export const isEnded = (status: Status | undefined): boolean =>
  ['Completed', 'Failed', 'Terminated', 'Canceled'].includes(status?.runtimeStatus ?? '');

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** A run of one case. */
export class CaseRun {
  readonly id: string;
  readonly keys: Keys;
  readonly peer: string;
  readonly base: string;
  /** Address of the management API. */
  readonly hook: string;
  readonly code: string;
  readonly notes: Record<string, unknown> = {};
  readonly #finals = new Set<string>();

  constructor(name: string, target: Target) {
    this.id = `${name}-${target.run}`;
    this.keys = target.keys;
    this.peer = target.peer;
    this.base = target.base;
    this.hook = `${target.base}/runtime/webhooks/durabletask`;
    this.code = `code=${target.keys.durable}`;
  }

  note(name: string, value: unknown): void {
    this.notes[name] = value;
  }

  /** Address of the case's instance, or of one of its names. */
  instance(path = '', query = '', suffix = ''): string {
    return `${this.hook}/instances/${this.id}${suffix}${path}?${query === '' ? '' : `${query}&`}${this.code}`;
  }

  async http(method: string, url: string, { json, raw, type, headers }: Body = {}): Promise<Answer> {
    const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
    const response = await fetch(url, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: kept(response, noted), body: parsed(await response.text()) };
  }

  /** A plain request to the host; a body that is no text comes as base64. */
  async web(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: NonNullable<RequestInit['body']> } = {},
  ): Promise<Answer> {
    const init = { method, headers, redirect: 'manual' as const, ...(body === undefined ? {} : { body }) };
    const response = await fetch(this.base + path, init);
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString('utf8');
    let value: unknown = Buffer.from(text, 'utf8').equals(bytes) ? text : { base64: bytes.toString('base64') };
    if (/json/.test(response.headers.get('content-type') ?? '')) value = parsed(text);
    if (typeof value === 'string' && /<html|<!doctype/i.test(value)) value = '<page>';
    return { status: response.status, headers: kept(response, notedOfWeb), body: value };
  }

  start(orchestrator: string, input?: unknown): Promise<void> {
    return this.startAs('', orchestrator, input);
  }

  async startAs(suffix: string, orchestrator: string, input?: unknown): Promise<void> {
    const answer = await this.http('POST', `${this.base}/api/start/${orchestrator}`, {
      json: { id: this.id + suffix, input },
    });
    if (answer.status !== 202) throw new Error(`start: ${JSON.stringify(answer)}`);
  }

  async status(suffix = ''): Promise<Status> {
    return (await this.http('GET', this.instance('', '', suffix))).body as Status;
  }

  async until(holds: (status: Status) => boolean, suffix = '', milliseconds = 30_000): Promise<Status> {
    const end = Date.now() + milliseconds;
    for (;;) {
      const status = (await this.status(suffix)) as Status | '';
      if (status !== '' && holds(status)) return status;
      if (Date.now() > end) throw new Error(`timed out, last: ${JSON.stringify(status).slice(0, 400)}`);
      await sleep(150);
    }
  }

  async running(suffix = ''): Promise<void> {
    await this.until(({ runtimeStatus }) => runtimeStatus === 'Running', suffix);
    await sleep(500);
  }

  /** Keeps the last status of an instance, without waiting for its end. */
  alsoFinal(suffix: string): void {
    this.#finals.add(suffix);
  }

  async end(suffix = '', milliseconds = 40_000): Promise<void> {
    this.#finals.add(suffix);
    await this.until(isEnded, suffix, milliseconds);
  }

  raise(event: string, data?: unknown, suffix = ''): Promise<Answer> {
    return this.http('POST', this.instance(`/raiseEvent/${event}`, '', suffix), { json: data });
  }

  /** A method of the durable client, called inside the app. */
  async client(method: string, ...args: unknown[]): Promise<unknown> {
    return (await this.http('POST', `${this.base}/api/client/${method}`, { json: args })).body;
  }

  /** Last statuses with history. */
  async finals(): Promise<Record<string, unknown>> {
    const finals: Record<string, unknown> = {};
    for (const suffix of this.#finals) {
      const url = this.instance('', 'showHistory=true&showHistoryOutput=true&showInput=true', suffix);
      finals[this.id + suffix] = (await this.http('GET', url)).body;
    }
    return finals;
  }
}

function kept(response: Response, names: readonly string[]): Record<string, string | string[]> {
  const found: [string, string | string[]][] = names.flatMap((name) => {
    const value = name === 'set-cookie' ? response.headers.getSetCookie() : response.headers.get(name);
    return value === null || value.length === 0 ? [] : [[name, value]];
  });
  return Object.fromEntries(found);
}
