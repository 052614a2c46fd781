import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { z } from 'zod';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { toReference, type clientNames } from '@connected-registry/protocol/requests/clientsRequest';
import { jsonBody } from './jsonBody.js';
import { fieldErrors, invalidRequest } from '../answers/problem.js';

/** Maximum bytes of a body with up to 100 clients. */
const MAX_BYTES = 64 * 1024;

type ClientsBody<Body> =
  { readonly body: Body; readonly clients: readonly ClientReference[] } | { readonly refusal: HttpResponseInit };

/**
 * Reads a body that names clients.
 * @param schema a strict object with a field `clients` of clientNames
 * @param help rule of each field, by name
 */
export async function clientsBody<Body extends { readonly clients: z.infer<typeof clientNames> }>(
  request: HttpRequest,
  schema: z.ZodType<Body>,
  help: Readonly<Record<string, string>>,
  config: Pick<Config, 'registries'>,
): Promise<ClientsBody<Body>> {
  const body = await jsonBody(request, MAX_BYTES);
  if ('refusal' in body) return body;
  const parsed = schema.safeParse(body.value, { reportInput: true });
  if (!parsed.success) return { refusal: invalidRequest(fieldErrors(parsed.error, help, schema)) };
  const clients = parsed.data.clients.map((client) => toReference(client, config.registries[0].name));
  const unknown = unknownRegistries(clients, config);
  return unknown.length > 0 ? { refusal: invalidRequest(unknown) } : { body: parsed.data, clients };
}

/** A problem for each client of a body whose registry the settings do not name. */
export function unknownRegistries(clients: readonly ClientReference[], config: Pick<Config, 'registries'>) {
  return clients.flatMap(({ registry }, index) =>
    findRegistry(config, registry) ? [] : [unknownRegistry(`clients.${index}.registry`, config)],
  );
}

/** The error for a registry that is not configured. @param field path of the registry's field */
export function unknownRegistry(field: string, config: Pick<Config, 'registries'>) {
  return {
    field,
    message: 'is not a configured registry',
    fix: `It must be one of ${config.registries.map((id) => id.name).join(', ')}.`,
  };
}
