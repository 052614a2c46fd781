import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { ONBOARD } from '../../domain/onboardingRun.js';
import { formatOperationId, parseOperationId } from '../../domain/operationId.js';
import { operationView } from '../durable/operationView.js';
import { hasEnded, readRun } from '../durable/runStatus.js';
import { problem } from './problem.js';

/** `GET /api/operations/{id}`: one run's state, steps and result. */
export async function getOperation(request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> {
  const text = request.params['id'] ?? '';
  const id = parseOperationId(text);
  const found = id && (await readRun(client, id.instance));
  if (!id || !found || found.kind !== ONBOARD) return notFound(text);
  if (found.input.run !== id.run) {
    // Run ids sort by time: a later one than the present has never been.
    if (id.run > found.input.run) return notFound(text);
    const current = formatOperationId({ instance: id.instance, run: found.input.run });
    return problem({
      status: 410,
      code: 'superseded',
      title: 'A later run has taken its place.',
      detail: `The client's present run is ${current}.`,
      current,
    });
  }
  const headers: Record<string, string> = hasEnded(found) ? {} : { 'retry-after': '1' };
  return { status: 200, headers, jsonBody: operationView(found, ONBOARD) };
}

function notFound(id: string): HttpResponseInit {
  return problem({
    status: 404,
    code: 'operation-not-found',
    title: 'There is no such operation.',
    detail: `${JSON.stringify(id.slice(0, 160))} was never started, or was purged after its end.`,
  });
}
