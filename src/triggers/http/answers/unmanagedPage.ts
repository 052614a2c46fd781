import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { ClientPage } from '@connected-registry/protocol/answers/clientAnswers';
import { UNMANAGED } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import type { Queries } from '../../../queries/queries.js';
import { findRegistry } from '../../../settings/registries.js';
import type { Config } from '../../../settings/config.js';
import { readClientRecord, readTokenOwner } from '../../durable/clientRecords.js';
import { formatContinuation, parseContinuation } from '../requests/continuation.js';
import { badContinuation } from '../requests/queryParameters.js';
import { orServiceProblem } from './serviceProblem.js';

const position = z.strictObject({
  registry: z.string().regex(NAME_RULES.registry),
  after: z.string().max(200).optional(),
});

interface UnmanagedRequest {
  readonly filter: { readonly registry: string | undefined; readonly connectedRegistry: string | undefined };
  readonly top: number;
  readonly continuation: string | undefined;
}

/** The answer to `GET /api/clients?state=unmanaged`: a page of the tokens that are bound and belong to no client. */
export async function unmanagedPage(
  config: Pick<Config, 'registries'>,
  { unmanaged }: Pick<Queries, 'unmanaged'>,
  { filter, top, continuation }: UnmanagedRequest,
  client: DurableClient,
): Promise<HttpResponseInit> {
  const filters = { state: UNMANAGED, ...filter };
  const place = continuation === undefined ? undefined : parseContinuation(continuation, position, filters);
  if (continuation !== undefined && (!place || !findRegistry(config, place.registry))) return badContinuation();
  const claims = {
    tokenOwner: (registry: string, token: string) => readTokenOwner(client, registry, token),
    record: (key: string) => readClientRecord(client, key),
  };
  return orServiceProblem(async () => {
    const { registry, connectedRegistry } = filter;
    const { tokens, next } = await unmanaged.page(
      {
        ...(registry === undefined ? {} : { registry }),
        ...(connectedRegistry === undefined ? {} : { connectedRegistry }),
      },
      top,
      place && { registry: place.registry, ...(place.after === undefined ? {} : { after: place.after }) },
      claims,
    );
    const page: ClientPage = {
      clients: [],
      unmanaged: tokens,
      ...(next ? { continuation: formatContinuation(next, filters) } : {}),
    };
    return { status: 200, jsonBody: page };
  });
}
