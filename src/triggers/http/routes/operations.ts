import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { cancelEventName, type CancelEvent } from '../../../domain/operations/cancelEvent.js';
import type { Operation, RunningOperation } from '../../../domain/operations/operation.js';
import { OFFBOARD, REVOKE } from '../../../domain/operations/run.js';
import { audit } from '../../../audit/audit.js';
import { operationView } from '../../durable/operationView.js';
import { hasEnded } from '../../durable/runStatus.js';
import { conditionalAnswer } from '../answers/conditional.js';
import { findOperation } from '../findOperation.js';
import { problem } from '../answers/problem.js';
import { operationLocation } from '../answers/startAnswer.js';

/** `GET /api/operations/{id}`: one run's state, steps and result. It asks the engine alone. */
export async function getOperation(request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> {
  const operation = await findOperation(request.params['id'] ?? '', client);
  if ('refusal' in operation) return operation.refusal;
  if ('recorded' in operation) return conditionalAnswer(request, operation.recorded);
  const headers: Record<string, string> = hasEnded(operation.run) ? {} : { 'retry-after': '1' };
  return conditionalAnswer(request, operationView(operation.run, operation.kind), headers);
}

/**
 * `POST /api/operations/{id}/cancel`: asks a run to roll back, so that it ends as rolledBack with code `cancelled`. A
 * run that is already promoting ends as completed. An offboarding or a revocation that has started cannot be cancelled.
 * The run's end is checked first, since the engine silently drops events for ended runs.
 */
export async function cancelOperation(
  request: HttpRequest,
  client: DurableClient,
  actor: string,
): Promise<HttpResponseInit> {
  const id = request.params['id'] ?? '';
  const operation = await findOperation(id, client);
  if ('refusal' in operation) return operation.refusal;
  if ('recorded' in operation) return alreadyEnded(operation.recorded);
  const { run } = operation;
  if (hasEnded(run)) return alreadyEnded(operationView(run, operation.kind));
  if (run.kind === OFFBOARD || run.kind === REVOKE)
    return problem({
      status: 409,
      code: 'not-cancellable',
      title: 'The operation cannot be cancelled.',
      detail:
        'What an offboarding or a revocation has removed or disabled cannot be restored. Onboard the client again after it ends.',
    });
  const event: CancelEvent = { actor: `an operator (${actor})`, reason: 'cancelled' };
  await client.raiseEvent(run.instance, cancelEventName(run.input.run), event);
  audit('run.cancel.succeeded', { resource: run.instance, operation: id });
  const location = operationLocation(id);
  return {
    status: 202,
    headers: { location, 'retry-after': '1' },
    jsonBody: { id, status: 'running' } satisfies RunningOperation,
  };
}

function alreadyEnded({ status }: Pick<Operation, 'status'>): HttpResponseInit {
  return problem({
    status: 409,
    code: 'already-ended',
    title: 'The operation has ended.',
    detail: `It ended as ${status}; there is nothing to cancel.`,
    operationStatus: status,
  });
}
