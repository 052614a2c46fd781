import type { InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../config.js';
import { CLIENT_REQUESTED, parseEvent } from '../../domain/clientRequestedEvent.js';
import { fingerprint, ONBOARDING_FIELDS, onboardingEventData, toOnboarding } from '../../domain/onboardingRequest.js';
import { ONBOARD } from '../../domain/run.js';
import { inAuditScope } from '../../ports/audit.js';
import { durableRuns } from '../durable/durableRuns.js';
import { newRun } from '../durable/newRun.js';
import { fieldErrors } from '../http/problem.js';

/**
 * Starts an onboarding for a `ConnectedRegistry.ClientRequested` event. An event that no repetition can mend is logged
 * with the reason and ends here; one that a repetition can mend throws, so that Event Grid delivers it again.
 */
export function onClientRequested(config: Config) {
  return async (event: unknown, client: DurableClient, context: InvocationContext): Promise<void> => {
    const incoming = parseEvent(event);
    const refuse = (reason: string, errors: readonly unknown[] = []) =>
      context.warn(JSON.stringify({ event: 'clientRequested.refused', id: incoming?.id, reason, errors }));
    if (!incoming) return refuse('neither an Event Grid event nor a CloudEvent 1.0');
    if (incoming.type !== CLIENT_REQUESTED) return refuse(`type is not ${CLIENT_REQUESTED}`);
    const data = onboardingEventData.safeParse(incoming.data, { reportInput: true });
    if (!data.success) return refuse('invalid data', fieldErrors(data.error, ONBOARDING_FIELDS));

    const onboarding = toOnboarding(data.data, config.registries[0].name);
    const run = newRun(onboarding, { actor: 'event', fingerprint: fingerprint(onboarding) }, config);
    const scope = { log: (line: string) => context.log(line), actor: 'event' };
    const result = await inAuditScope(scope, () => durableRuns(client).start(ONBOARD, run));
    if (result.kind === 'running') return;
    throw new Error(
      result.kind === 'conflict'
        ? `another run of the client is in progress (${result.id}); the event is to be delivered again`
        : 'the durable engine did not confirm the start; the event is to be delivered again',
    );
  };
}
