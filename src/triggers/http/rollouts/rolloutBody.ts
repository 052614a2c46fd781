import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { parseRolloutCsv } from '@connected-registry/protocol/requests/rolloutCsv';
import {
  headOfQuery,
  ROLLOUT_CSV_FIELDS,
  rolloutCsvQuery,
} from '@connected-registry/protocol/requests/rolloutCsvOptions';
import {
  ROLLOUT_FIELDS,
  rolloutBody,
  rolloutHead,
  type RolloutHead,
} from '@connected-registry/protocol/requests/rolloutRequest';
import {
  MAX_ROLLOUT_FREEZE_SECONDS,
  neverThaws,
  parseFreezeWindow,
  type FreezeWindow,
} from '../../../domain/schedules/freezeWindows.js';
import { fieldErrors, invalidRequest } from '../answers/problem.js';
import { compressedBody } from '../requests/compressedBody.js';
import { parsedBody } from '../requests/jsonBody.js';
import { queryParameters } from '../requests/queryParameters.js';
import { refuseRows, type RowPlaces } from './rowFaults.js';
import { defaultsFault } from './sizeFaults.js';

/** Maximum bytes of a body, decompressed: 10,000 onboardings of some 800 bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/** A request for a rollout. `rows` are not checked yet; absent if the request selects clients. */
export interface RolloutBody extends RowPlaces {
  readonly head: Omit<RolloutHead, 'clients'>;
  readonly rows?: readonly unknown[];
  readonly freezeWindows: readonly FreezeWindow[];
}

type Refused = { readonly refusal: HttpResponseInit };

/**
 * Reads a request for a rollout: JSON; or CSV by its content type, with the options in the query. Either may be
 * compressed.
 */
export async function readRolloutBody(request: HttpRequest): Promise<RolloutBody | Refused> {
  return isCsv(request) ? readCsv(request) : readJson(request);
}

function isCsv({ headers }: HttpRequest): boolean {
  return /^\s*text\/csv\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
}

async function readJson(request: HttpRequest): Promise<RolloutBody | Refused> {
  const read = await compressedBody(request, MAX_BYTES);
  const body = 'refusal' in read ? read : parsedBody(read.bytes);
  return 'refusal' in body ? body : parseHead(body.value, (field) => field);
}

async function readCsv(request: HttpRequest): Promise<RolloutBody | Refused> {
  const body = await compressedBody(request, MAX_BYTES);
  const options = queryParameters(request, rolloutCsvQuery, ROLLOUT_CSV_FIELDS, 'Nothing was started.');
  if ('refusal' in options) return options;
  if ('refusal' in body) return body;
  const { rows, lines, faults, faultCount } = await parseRolloutCsv(body.bytes);
  if (faultCount > 0) {
    const errors = faults.map((fault) => ({ field: fault.column ?? 'row', ...fault }));
    return { refusal: refuseRows(errors, faultCount) };
  }
  const parsed = parseHead({ ...headOfQuery(options.query), clients: rows }, parameterOf);
  return 'refusal' in parsed ? parsed : { ...parsed, lines };
}

/** The parameter of a field: `size` of `waves.size`, `repositories` of `defaults.repositories.0`. */
function parameterOf(field: string): string {
  return field.split('.').findLast((part) => Object.hasOwn(ROLLOUT_CSV_FIELDS, part)) ?? field;
}

/** @param nameOf the sender's name of a field, by its path */
function parseHead(value: unknown, nameOf: (field: string) => string): RolloutBody | Refused {
  const parsed = rolloutHead.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error, ROLLOUT_FIELDS, rolloutBody);
    return { refusal: invalidRequest(errors.map((error) => ({ ...error, field: nameOf(error.field) }))) };
  }
  const { clients, ...head } = parsed.data;
  const tooLarge = defaultsFault(head.defaults ?? {}, clients ?? []);
  if (tooLarge) return { refusal: invalidRequest([{ ...tooLarge, field: nameOf(tooLarge.field) }]) };
  const windows = (head.freezeWindows ?? []).map((text) => parseFreezeWindow(text));
  const freezeWindows = windows.filter((window) => window !== undefined);
  const faults = windowFaults(windows);
  if (faults.length === 0 && neverThaws(freezeWindows))
    faults.push({ field: 'freezeWindows', message: 'leave no time in which a client may start' });
  if (faults.length > 0) {
    const fix = `It must be ${ROLLOUT_FIELDS.freezeWindows}.`;
    return { refusal: invalidRequest(faults.map((fault) => ({ ...fault, fix }))) };
  }
  return { head, freezeWindows, ...(clients === undefined ? {} : { rows: clients }) };
}

/** Faults of windows, each by itself. @param windows undefined for a text that is no window */
function windowFaults(windows: readonly (FreezeWindow | undefined)[]): { field: string; message: string }[] {
  return windows.flatMap((window, index) => {
    const field = `freezeWindows.${index}`;
    if (!window) return [{ field, message: 'is not a window' }];
    return window.seconds > MAX_ROLLOUT_FREEZE_SECONDS ? [{ field, message: 'is longer than 31 days' }] : [];
  });
}
