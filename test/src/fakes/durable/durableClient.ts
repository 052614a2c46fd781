import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient, EntityId } from 'durable-functions';
import type { Run } from '../../../../src/domain/operations/run.js';

export interface Instance {
  name: string;
  input: unknown;
  runtimeStatus: string;
  customStatus?: unknown;
  output?: unknown;
}

interface StartOptions {
  readonly instanceId: string;
  readonly input: Run;
}

/** The durable client as the SDK behaves: errors are texts, an unknown instance is one, and a start may be ignored. */
export class FakeDurableClient {
  readonly instances = new Map<string, Instance>();
  readonly raised: { readonly id: string; readonly name: string; readonly data: unknown }[] = [];
  /** What entities remember, by `@name@key`. */
  readonly entities = new Map<string, unknown>();
  readonly signals: { readonly entity: string; readonly operation: string; readonly input: unknown }[] = [];
  readonly purged: string[] = [];
  /** Whether runs take the reports that are raised to them; else they are busy. */
  takesReports = true;
  starts = 0;
  reads = 0;
  /** What a start does instead of starting; undefined starts as by default. */
  onStart: ((nth: number, options: StartOptions) => void) | undefined;
  /** What a read does first. */
  onRead: ((nth: number) => void) | undefined;

  get client(): DurableClient {
    return this as unknown as DurableClient;
  }

  async startNew(name: string, options: StartOptions): Promise<string> {
    this.starts += 1;
    if (this.onStart) {
      this.onStart(this.starts, options);
      return options.instanceId;
    }
    const found = this.instances.get(options.instanceId);
    if (found && !['Completed', 'Failed', 'Terminated'].includes(found.runtimeStatus)) throw engineError(409);
    this.instances.set(options.instanceId, { name, input: options.input, runtimeStatus: 'Pending' });
    return options.instanceId;
  }

  async getStatus(id: string): Promise<unknown> {
    this.reads += 1;
    this.onRead?.(this.reads);
    const found = this.instances.get(id);
    if (!found)
      throw new Error(
        `DurableClient error: Durable Functions extension replied with HTTP 404 response. This usually means we could not find any data associated with the instanceId provided: ${id}.`,
      );
    const at = new Date('2026-03-01T12:10:00Z');
    return { instanceId: id, createdTime: at, lastUpdatedTime: at, ...found };
  }

  async readEntityState({ name, key }: EntityId): Promise<unknown> {
    this.reads += 1;
    this.onRead?.(this.reads);
    const entityState = this.entities.get(`@${name}@${key}`);
    return { entityExists: entityState !== undefined, entityState };
  }

  async signalEntity({ name, key }: EntityId, operation: string, input: unknown): Promise<void> {
    this.signals.push({ entity: `@${name}@${key}`, operation, input });
  }

  async purgeInstanceHistory(id: string): Promise<void> {
    const { runtimeStatus = '' } = this.instances.get(id) ?? {};
    if (!['Completed', 'Failed', 'Terminated', 'Canceled'].includes(runtimeStatus)) throw engineError(412);
    this.instances.delete(id);
    this.purged.push(id);
  }

  async raiseEvent(id: string, name: string, data: unknown): Promise<void> {
    this.raised.push({ id, name, data });
    this.takeReport(id, name, data);
  }

  /** What the run does with a report: the first of an attempt stands in its status. */
  private takeReport(id: string, name: string, data: unknown): void {
    const attempt = /^report-.*-(\d+)$/.exec(name)?.[1];
    const { customStatus } = this.instances.get(id) ?? {};
    const { pullCheck } = (customStatus ?? {}) as { pullCheck?: { reports?: Record<string, string> } };
    if (!this.takesReports || attempt === undefined || !pullCheck) return;
    pullCheck.reports = { [attempt]: (data as { hash: string }).hash, ...pullCheck.reports };
  }
}

export function engineError(status: number, details: unknown = 'x'): Error {
  return new Error(
    `The operation failed with an unexpected status code: ${status}. Details: ${JSON.stringify(details)}`,
  );
}

export function httpRequest(parts: {
  readonly body?: unknown;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string | Readonly<Record<string, string>>;
}): HttpRequest {
  const { body = null } = parts;
  const sent = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return {
    url: 'http://localhost:7071/api/anything?code=a-key',
    params: parts.params ?? {},
    headers: new Headers(parts.headers),
    query: new URLSearchParams([...new URLSearchParams(parts.query), ['code', 'a-key']]),
    body: new Blob([new Uint8Array(Buffer.from(sent))]).stream(),
  } as unknown as HttpRequest;
}

/** An answer as its caller sees it. */
export function seen(answer: HttpResponseInit) {
  const body = (answer.jsonBody ?? JSON.parse(typeof answer.body === 'string' ? answer.body : '{}')) as Readonly<
    Record<string, unknown>
  >;
  return { status: answer.status, headers: answer.headers as Readonly<Record<string, string>> | undefined, body };
}

export function invocation() {
  const lines: { readonly level: string; readonly text: string }[] = [];
  const at = (level: string) => (text: unknown) => void lines.push({ level, text: String(text) });
  const context = { invocationId: 'i-1', log: at('log'), warn: at('warn'), error: at('error') };
  return { context: context as unknown as InvocationContext, lines };
}
