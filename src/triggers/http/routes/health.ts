import type { HttpResponseInit } from '@azure/functions';
import type { Queries } from '../../../queries/queries.js';

/** `GET /api/health`: whether the app's identity may do what it needs, as harmless reads show just now. */
export function getHealth(queries: Pick<Queries, 'health'>) {
  return async (): Promise<HttpResponseInit> => ({ status: 200, jsonBody: await queries.health() });
}
