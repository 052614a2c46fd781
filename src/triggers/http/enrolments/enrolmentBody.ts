import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { MAX_CLIENTS, toReference } from '@connected-registry/protocol/requests/clientsRequest';
import {
  ENROLMENT_CSV_FIELDS,
  enrolmentCsvQuery,
  enrolmentDefaults,
  parseEnrolmentCsv,
} from '@connected-registry/protocol/requests/enrolmentCsv';
import {
  ENROLMENT_FIELDS,
  enrolmentHead,
  enrolmentRow,
  enrolmentRows,
  JOIN_TOKEN_HOURS,
  type EnrolmentHead,
  type EnrolmentRow,
} from '@connected-registry/protocol/requests/enrolmentRequest';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import { fieldErrors, invalidRequest } from '../answers/problem.js';
import { boundedBody } from '../requests/boundedBody.js';
import { unknownRegistry } from '../requests/clientsBody.js';
import { bodyTooLarge, jsonBody } from '../requests/jsonBody.js';
import { queryParameters } from '../requests/queryParameters.js';
import { refuseRows, RowFaults, type RowPlaces } from '../rollouts/rowFaults.js';

/** Maximum bytes of a body: 100 clients with ten networks each. */
const MAX_BYTES = 128 * 1024;

export const NOTHING_ISSUED = 'No join token was issued.';

/** A join token that is to be issued. */
export interface JoinTokenRequest {
  readonly client: ClientReference;
  readonly lifetimeHours: number;
  /** IP addresses and networks; absent: from anywhere. */
  readonly addresses?: readonly string[];
  /** Whether the token may let in a device in place of another one, or as a client that has a credential. */
  readonly replace: boolean;
}

/** The join tokens that a request asks for. */
interface TokenRequests {
  readonly requests: readonly JoinTokenRequest[];
  /** Where the clients are in the request; absent if it is about one client only, without a list. */
  readonly places?: RowPlaces;
}

type RefusedTokenRequests = { readonly refusal: HttpResponseInit };
type EnrolmentSettings = Pick<Config, 'registries'>;

/**
 * Reads a request for join tokens: JSON, about one client or several; or CSV by its content type. All clients are
 * checked before anything is issued.
 */
export async function enrolmentBody(
  request: HttpRequest,
  config: EnrolmentSettings,
): Promise<TokenRequests | RefusedTokenRequests> {
  const isCsv = /^\s*text\/csv\s*(?:;|$)/i.test(request.headers.get('content-type') ?? '');
  if (isCsv) return readCsv(request, config);
  const body = await jsonBody(request, MAX_BYTES);
  if ('refusal' in body) return body;
  const isList = typeof body.value === 'object' && body.value !== null && 'clients' in body.value;
  return isList ? checkList(body.value, {}, config) : checkOne(body.value, config);
}

async function readCsv(request: HttpRequest, config: EnrolmentSettings) {
  const body = await boundedBody(request, MAX_BYTES);
  const options = queryParameters(request, enrolmentCsvQuery, ENROLMENT_CSV_FIELDS, NOTHING_ISSUED);
  if ('refusal' in options) return options;
  if ('tooLarge' in body) return { refusal: bodyTooLarge(MAX_BYTES) };
  const { rows, lines, faults, faultCount } = await parseEnrolmentCsv(body.bytes, MAX_CLIENTS);
  if (faultCount > 0) {
    const errors = faults.map((fault) => ({ field: fault.column ?? 'row', ...fault }));
    return { refusal: refuseRows(errors, faultCount, NOTHING_ISSUED) };
  }
  return checkList({ ...enrolmentDefaults(options.query), clients: rows }, { lines }, config);
}

function checkOne(value: unknown, config: EnrolmentSettings) {
  const parsed = enrolmentRow.safeParse(value, { reportInput: true });
  if (!parsed.success)
    return { refusal: invalidRequest(fieldErrors(parsed.error, ENROLMENT_FIELDS, enrolmentRow), NOTHING_ISSUED) };
  const request = toRequest(parsed.data, {}, config);
  return findRegistry(config, request.client.registry)
    ? { requests: [request] }
    : { refusal: invalidRequest([unknownRegistry('registry', config)], NOTHING_ISSUED) };
}

/** Checks each row alone and against the others. */
function checkList(value: unknown, places: RowPlaces, config: EnrolmentSettings) {
  const head = enrolmentHead.safeParse(value, { reportInput: true });
  if (!head.success)
    return { refusal: invalidRequest(fieldErrors(head.error, ENROLMENT_FIELDS, enrolmentRows), NOTHING_ISSUED) };
  const faults = new RowFaults(places);
  const requests: JoinTokenRequest[] = [];
  const seen = new Set<string>();
  for (const [index, row] of head.data.clients.entries()) {
    const parsed = enrolmentRow.safeParse(row, { reportInput: true });
    if (!parsed.success) {
      for (const error of fieldErrors(parsed.error, ENROLMENT_FIELDS, enrolmentRow)) faults.add(index, error);
      continue;
    }
    const request = toRequest(parsed.data, head.data, config);
    const key = clientKey(request.client);
    if (!findRegistry(config, request.client.registry)) faults.add(index, unknownRegistry('registry', config));
    if (seen.has(key)) faults.add(index, { field: 'client', message: 'is named twice', fix: 'Send each client once.' });
    seen.add(key);
    requests.push(request);
  }
  return faults.count > 0 ? { refusal: faults.refusal(NOTHING_ISSUED) } : { requests, places };
}

function toRequest(
  row: EnrolmentRow,
  defaults: Partial<EnrolmentHead>,
  { registries }: EnrolmentSettings,
): JoinTokenRequest {
  const addresses = row.addresses ?? defaults.addresses;
  return {
    client: toReference(row, registries[0].name),
    lifetimeHours: row.lifetimeHours ?? defaults.lifetimeHours ?? JOIN_TOKEN_HOURS.default,
    ...(addresses === undefined ? {} : { addresses }),
    replace: row.replace === true,
  };
}
