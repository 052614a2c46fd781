import type { HttpResponseInit } from '@azure/functions';

let text: string | undefined;

/**
 * `GET /api/openapi.json`: the API's OpenAPI document. The first request loads its modules, since no other route needs
 * them.
 */
export async function getOpenApi(): Promise<HttpResponseInit> {
  if (text === undefined) {
    const { openApiDocument } = await import('../openapi/document.js');
    text = JSON.stringify(openApiDocument());
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
}
