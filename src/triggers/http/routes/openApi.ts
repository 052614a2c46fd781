import type { HttpResponseInit } from '@azure/functions';

let text: string | undefined;

/**
 * `GET /api/openapi.json`: the API's document. What makes it is loaded by the first request only, since no other route
 * needs it.
 */
export async function getOpenApi(): Promise<HttpResponseInit> {
  if (text === undefined) {
    const { openApiDocument } = await import('../openapi/document.js');
    text = JSON.stringify(openApiDocument());
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
}
