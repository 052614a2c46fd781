import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The parsed address of an operation. */
const address = z.looseObject({ path: z.string(), apiVersion: z.string().nullish(), queryKeys: z.array(z.string()) });
const exchange = z.looseObject({
  n: z.number(),
  /** Seconds since the previous exchange by the service's clock; negative if answers overtook each other. */
  afterSeconds: z.number().nullable(),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  apiVersion: z.string().nullish(),
  query: z.record(z.string(), z.string()).nullish(),
  body: z.unknown().optional(),
  status: z.number(),
  headers: z.record(z.string(), z.union([z.string(), address])),
  /** `''` for no body. */
  response: z.unknown().optional(),
});
export type Exchange = z.output<typeof exchange>;

const recording = z.looseObject({
  scenario: z.string(),
  /** `arm` or `vault`. */
  service: z.string(),
  recordedOn: z.string(),
  /** Seconds from the first exchange, by the name of a time. */
  times: z.record(z.string(), z.number()),
  exchanges: z.array(exchange),
});
export type Recording = z.output<typeof recording>;

/** All recordings of a folder, in order of file names. Other files are ignored. */
export function recordingsIn(folder: string): Recording[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .flatMap((name) => {
      const value: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      return typeof value === 'object' && value !== null && 'scenario' in value ? [recording.parse(value)] : [];
    });
}

export type Address = z.output<typeof address>;

/** An address in a header, by the header's name. */
export function addressIn(one: Exchange, name: string): Address | undefined {
  const value = one.headers[name];
  return typeof value === 'object' ? value : undefined;
}

export function isPoll({ path }: Pick<Exchange, 'path'>): boolean {
  return /\/operation(Statuses|Results|sStatus)\//i.test(path);
}

/** The address of the operation that a write started, if there is one. */
export function followedAt(one: Exchange): Address | undefined {
  return isPoll(one) ? undefined : (addressIn(one, 'azure-asyncoperation') ?? addressIn(one, 'location'));
}

/**
 * The exchanges in the order in which the requests were sent, as far as their answers show it: a request that was
 * answered with a missing parent was sent after the deletion that is recorded after it in the same second.
 */
export function inOrderSent(exchanges: readonly Exchange[]): Exchange[] {
  const sent = [...exchanges];
  for (let i = 0; i + 1 < sent.length; i += 1) {
    const [one, next] = [sent[i], sent[i + 1]];
    if (!one || !next || codeIn(one.response) !== 'ParentResourceNotFound') continue;
    const deletes = next.method === 'DELETE' && one.path.startsWith(`${next.path}/`) && (next.afterSeconds ?? 0) <= 0;
    if (deletes) sent.splice(i, 2, next, one);
  }
  return sent;
}

function codeIn(response: unknown): unknown {
  const { error } = (typeof response === 'object' && response !== null ? response : {}) as {
    error?: { code?: unknown };
  };
  return error?.code;
}

/**
 * Seconds that an operation took, within the bounds of its polls; undefined if it was not polled.
 *
 * @param at seconds from the first exchange, for each exchange
 */
export function secondsTaken(exchanges: readonly Exchange[], at: readonly number[], index: number): number | undefined {
  const write = exchanges[index];
  if (write?.method === 'DELETE' && write.path.startsWith('/secrets/')) return secondsOfDeletion(exchanges, at, index);
  const path = write && followedAt(write)?.path;
  if (path === undefined) return undefined;
  let min = 0;
  for (let i = index + 1; i < exchanges.length; i += 1) {
    const one = exchanges[i];
    if (one === undefined) break;
    // Names of operations are reused: a later write with this name started another operation.
    if (followedAt(one)?.path === path) return undefined;
    if (one.path !== path) continue;
    const since = (at[i] ?? 0) - (at[index] ?? 0);
    if (!isBusy(one)) return (min + since) / 2;
    min = since;
  }
  return undefined;
}

/** A secret's deletion has no polls: setting the secret again is refused with 409 while it is still being deleted. */
function secondsOfDeletion(exchanges: readonly Exchange[], at: readonly number[], index: number): number | undefined {
  let min = 0;
  for (let i = index + 1; i < exchanges.length; i += 1) {
    const one = exchanges[i];
    if (one?.method !== 'PUT' || one.path !== exchanges[index]?.path) continue;
    const since = (at[i] ?? 0) - (at[index] ?? 0);
    if (innerCodeIn(one.response) === 'ObjectIsDeletedButRecoverable') return (min + since) / 2;
    min = since;
  }
  return undefined;
}

function innerCodeIn(response: unknown): unknown {
  const { error } = (typeof response === 'object' && response !== null ? response : {}) as {
    error?: { innererror?: { code?: unknown } };
  };
  return error?.innererror?.code;
}

function isBusy({ status, response }: Exchange): boolean {
  const state = (typeof response === 'object' && response !== null ? response : {}) as { status?: unknown };
  return status === 202 || ['Creating', 'Updating', 'Deleting', 'InProgress'].includes(String(state.status));
}
