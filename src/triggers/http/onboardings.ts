import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { findRegistry, type Config } from '../../config.js';
import { clientKey } from '../../domain/clientKey.js';
import {
  fingerprint,
  ONBOARDING_FIELDS,
  onboardingBody,
  toOnboarding,
  type Onboarding,
} from '../../domain/onboardingRequest.js';
import { ONBOARD, type OnboardingRun } from '../../domain/onboardingRun.js';
import type { RunningOperation } from '../../domain/operation.js';
import { newRunId } from '../../domain/operationId.js';
import type { DryRunAnswer } from '../../domain/plan.js';
import { ServiceError } from '../../ports/serviceError.js';
import type { Queries } from '../../queries/queries.js';
import { auditStart } from '../durable/auditStart.js';
import { startRun } from '../durable/startRun.js';
import { jsonBody } from './jsonBody.js';
import { fieldErrors, invalidRequest, problem } from './problem.js';

/** Longest body of a request, in bytes: 500 repositories with long names fit. */
const MOST_BYTES = 256 * 1024;

/** What callers should wait before they ask for the operation, in seconds. */
const POLL_SECONDS = '2';

/** A run's input; everything that the flow needs to know is decided here. */
export function newRun(onboarding: Onboarding, actor: string, config: Config): OnboardingRun {
  const now = new Date();
  return {
    run: newRunId(now, randomBytes(4)),
    fingerprint: fingerprint(onboarding),
    requestedAt: now.toISOString(),
    actor,
    onboarding,
    limits: config.limits,
  };
}

/** `POST /api/onboardings`: starts an onboarding, attaches to an equal one, or tells what one would do (dryRun). */
export function postOnboardings(config: Config, queries: Queries) {
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const body = await jsonBody(request, MOST_BYTES);
    if ('refusal' in body) return body.refusal;
    const parsed = onboardingBody.safeParse(body.value, { reportInput: true });
    if (!parsed.success) return invalidRequest(fieldErrors(parsed.error, ONBOARDING_FIELDS));
    const onboarding = toOnboarding(parsed.data, config.registries[0].name);
    if (!findRegistry(config, onboarding.registry))
      return invalidRequest([
        {
          field: 'registry',
          message: 'is not a registry that the app is configured for',
          fix: `It must be one of ${config.registries.map((id) => id.name).join(', ')}.`,
        },
      ]);
    return parsed.data.dryRun ? plan(onboarding, queries) : start(request, client, onboarding, config);
  };
}

async function plan(onboarding: Onboarding, queries: Queries): Promise<HttpResponseInit> {
  try {
    const { problems, writes, adopts } = await queries.preflight(onboarding);
    return { status: 200, jsonBody: { problems, writes, adopts } satisfies DryRunAnswer };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const headers = error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
    return problem(
      {
        status: error.isRetryable ? 503 : 502,
        code: 'service-error',
        title: 'Azure did not answer as needed.',
        detail: error.message,
      },
      headers,
    );
  }
}

async function start(
  request: HttpRequest,
  client: DurableClient,
  onboarding: Onboarding,
  config: Config,
): Promise<HttpResponseInit> {
  const run = newRun(onboarding, 'function-key', config);
  const result = await startRun(client, ONBOARD, clientKey(onboarding), run);
  auditStart(result, clientKey(onboarding));
  if (result.kind === 'unknown')
    return problem(
      {
        status: 503,
        code: 'engine-slow',
        title: 'The start could not be confirmed.',
        detail: 'The durable engine did not show the run in time. Send the same request again: it attaches if it runs.',
      },
      { 'retry-after': '5' },
    );
  const location = new URL(`/api/operations/${result.id}`, request.url).href;
  if (result.kind === 'conflict')
    return problem(
      {
        status: 409,
        code: 'another-run',
        title: 'Another run of this client is in progress.',
        detail: `Operation ${result.id} (${result.runningKind}) has not ended. Wait for its end, then send the request again.`,
        running: result.id,
      },
      { location },
    );
  return {
    status: 202,
    headers: { location, 'retry-after': POLL_SECONDS },
    jsonBody: { id: result.id, status: 'running' } satisfies RunningOperation,
  };
}
