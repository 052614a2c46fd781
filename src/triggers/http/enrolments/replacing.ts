import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { audit } from '../../../audit/audit.js';
import { takenOver } from '../../../domain/enrolment/enrolment.js';
import { eachOf } from '../../../queries/eachOf.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { problem } from '../answers/problem.js';
import { RowFaults, type RowPlaces } from '../rollouts/rowFaults.js';
import { NOTHING_ISSUED, type JoinTokenRequest } from './enrolmentBody.js';

const FIELD = 'replace';
const FIX =
  'To let another device join as this client, read its secret and end the key or the poller of the device before it, send replace: true.';
const MESSAGES = {
  device: 'is not true, and this client has a device with keys of its own',
  poller: 'is not true, and an identity polls for this client',
  credential: 'is not true, and this client has a credential',
} as const;

/**
 * Refuses join tokens by which a device would take over what another one may have, unless the request says so: a name
 * that is mistyped must not hand a client's secret to another device. It protects against mistakes only, since every
 * operator can say so, and the record may change until the token is used.
 * @param places where the clients are in the request, if it has a list
 * @returns undefined if nothing is taken over unasked
 */
export async function refuseTakeover(
  requests: readonly JoinTokenRequest[],
  places: RowPlaces | undefined,
  client: DurableClient,
): Promise<HttpResponseInit | undefined> {
  const takeovers = await eachOf(requests, async ({ client: reference, replace }) => {
    const taken = replace ? undefined : takenOver(await readClientRecord(client, clientKey(reference)));
    if (taken) audit('enrolment.issue.refused', { resource: clientKey(reference), reason: 'enrolment-needs-replace' });
    return taken;
  });
  const errors = takeovers.map((taken) => taken && { field: FIELD, message: MESSAGES[taken], fix: FIX });
  const found = errors.filter((error) => error !== undefined);
  if (found.length === 0) return undefined;
  const rows = new RowFaults(places ?? {});
  for (const [index, error] of errors.entries()) if (error) rows.add(index, error);
  return problem({
    status: 409,
    code: 'enrolment-needs-replace',
    title: 'A client has a device or a credential.',
    detail: `A join token lets another device take over. Send replace: true for each such client, or leave it out. ${NOTHING_ISSUED}`,
    errors: places ? rows.errors : found,
  });
}
