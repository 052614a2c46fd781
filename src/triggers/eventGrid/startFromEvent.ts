import type { DurableClient } from 'durable-functions';
import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import type { Run } from '../../domain/operations/run.js';
import { durableRuns } from '../durable/durableRuns.js';
import { DeliverAgain, type EventVerdict } from './eventFunction.js';

/**
 * Starts the run that an event about one client requests.
 * @throws DeliverAgain if the start was not confirmed
 */
export async function startFromEvent(
  client: DurableClient,
  kind: ClientOperationKind,
  run: Run,
): Promise<EventVerdict> {
  const result = await durableRuns(client).startFromEvent(kind, run);
  switch (result.kind) {
    case 'repeated':
    case 'stale':
      return { kind: 'ignored', decision: result.kind };
    case 'unknown':
      throw new DeliverAgain('the durable engine did not confirm the start; the event must be delivered again');
    case 'conflict':
      throw new DeliverAgain(
        `another run of the client is already waiting (${result.id}); the event must be delivered again`,
      );
    case 'running':
      return { kind: 'taken', decision: result.attached ? 'attached' : 'started', operations: [result.id] };
  }
}
