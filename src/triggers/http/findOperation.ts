import type { HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { ONBOARD } from '../../domain/onboardingRun.js';
import { formatOperationId, parseOperationId } from '../../domain/operationId.js';
import { readRun, type RunStatus } from '../durable/runStatus.js';
import { problem } from './problem.js';

export type FoundOperation = { readonly run: RunStatus } | { readonly refusal: HttpResponseInit };

/** The run that an operation id names; else 404, or 410 that names the run which has taken its place. */
export async function findOperation(text: string, client: DurableClient): Promise<FoundOperation> {
  const id = parseOperationId(text);
  const run = id && (await readRun(client, id.instance));
  // Run ids sort by time: a later one than the present has never been.
  if (!id || !run || run.kind !== ONBOARD || id.run > run.input.run) return { refusal: notFound(text) };
  if (run.input.run === id.run) return { run };
  const current = formatOperationId({ instance: id.instance, run: run.input.run });
  return {
    refusal: problem({
      status: 410,
      code: 'superseded',
      title: 'A later run has taken its place.',
      detail: `The client's present run is ${current}.`,
      current,
    }),
  };
}

function notFound(id: string): HttpResponseInit {
  return problem({
    status: 404,
    code: 'operation-not-found',
    title: 'There is no such operation.',
    detail: `${JSON.stringify(id.slice(0, 160))} was never started, or was purged after its end.`,
  });
}
