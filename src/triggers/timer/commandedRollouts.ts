import { randomBytes } from 'node:crypto';
import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { rolloutInstance } from '../../domain/rollouts/rollout.js';
import type { Config } from '../../settings/config.js';
import { pagesOf } from '../../queries/pagesOf.js';
import { listedInstances } from '../durable/instancePages.js';
import { readRollout, startRollout } from '../durable/rollouts.js';
import { ENDED } from '../durable/runStatus.js';

/** Instances in one page of the listing. */
const PAGE = 100;

/** Milliseconds after which the rest waits for the next time. By default, a function may run for five minutes. */
const MAX_DURATION = 2 * 60_000;

/**
 * Starts rollouts again that have ended, or were stopped, and have commands that nobody carries out: the process that took the command
 * died before it started the rollout. Where that process lives, the engine accepts only one of the two starts.
 */
export function startCommandedRollouts({ limits }: Pick<Config, 'limits'>) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const until = Date.now() + MAX_DURATION;
    const list = listedInstances(context);
    const prefix = rolloutInstance('');
    const query = { prefix, top: PAGE, runtimeStatuses: ENDED, withoutInput: true } as const;
    for await (const page of pagesOf((continuation) => list({ ...query, continuation })))
      for (const { instanceId } of page.instances) {
        if (Date.now() >= until) return;
        const found = await readRollout(client, instanceId.slice(prefix.length));
        const command = found?.control.commands.at(-1);
        if (!found?.hasEnded || !command) continue;
        const input = { plan: found.plan, run: newRunId(new Date(), randomBytes(4)), actor: command.actor, limits };
        if (await startRollout(client, input))
          context.log(
            JSON.stringify({ event: 'rollout.startedAgain', rollout: found.plan.id, command: command.command }),
          );
      }
  };
}
