import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import { INVENTORY_QUERY_FIELDS, inventoryQuery } from '@connected-registry/protocol/requests/inventoryQuery';
import type { Config } from '../../../settings/config.js';
import { conditionalJson } from '../answers/conditional.js';
import { JsonText } from '../answers/jsonText.js';
import { formatContinuation } from '../requests/continuation.js';
import { listParameters, pageStart } from '../requests/listParameters.js';
import { CLIENT_KEY } from '../routes/clients.js';
import type { FleetSource } from './fleetSource.js';
import type { InventoryView, RowsPage } from './inventoryView.js';
import { ageSeconds, orNotReadYet } from './notReadYet.js';

/** The last client of the page before. */
const rowPlace = z.strictObject({ key: z.string().regex(CLIENT_KEY) });

/** `GET /api/inventory`: a page of all clients in brief, from the snapshot. */
export function getInventory(
  config: Pick<Config, 'registries'>,
  source: FleetSource,
  viewOf: (known: Awaited<ReturnType<FleetSource>>) => InventoryView,
) {
  const bodies = keptBodies();
  return async (
    request: HttpRequest,
    client: DurableClient,
    _actor: string,
    context: InvocationContext,
  ): Promise<HttpResponseInit> => {
    const parsed = listParameters(request, inventoryQuery, INVENTORY_QUERY_FIELDS, config);
    if ('refusal' in parsed) return parsed.refusal;
    const { top, continuation, ...filter } = parsed.query;
    const start = pageStart(continuation, rowPlace, filter);
    if ('refusal' in start) return start.refusal;
    return orNotReadYet(async () => {
      const known = await source({ client, context });
      const { readAt } = known.fleet;
      const page = viewOf(known).page(filter, top, start.place?.key);
      const headers = { age: String(ageSeconds(readAt)) };
      return conditionalJson(request, page.etag, () => bodies(page, readAt, filter), headers);
    });
  };
}

/** Bodies are made once for each page and reading. */
function keptBodies() {
  const kept = new WeakMap<RowsPage, { readonly readAt: Date; readonly body: JsonText }>();
  return (page: RowsPage, readAt: Date, filter: object): JsonText => {
    const known = kept.get(page);
    if (known?.readAt === readAt) return known.body;
    const body = new JsonText(bodyOf(page, readAt, filter));
    kept.set(page, { readAt, body });
    return body;
  };
}

/** The JSON of an {@link InventoryPage}: the rows are JSON already. */
function bodyOf({ total, rows, last }: RowsPage, readAt: Date, filter: object): string {
  const { continuation } = last === undefined ? {} : { continuation: formatContinuation({ key: last }, filter) };
  const more = continuation === undefined ? '' : `,"continuation":${JSON.stringify(continuation)}`;
  return `{"asOf":"${readAt.toISOString()}","total":${total},"clients":${rows}${more}}`;
}
