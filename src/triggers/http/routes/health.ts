import type { HttpResponseInit } from '@azure/functions';
import type { Queries } from '../../../queries/queries.js';

/** `GET /api/health`: checks the rights of the app's identity with harmless reads. */
export function getHealth(queries: Pick<Queries, 'health'>) {
  return async (): Promise<HttpResponseInit> => ({ status: 200, jsonBody: await queries.health() });
}
