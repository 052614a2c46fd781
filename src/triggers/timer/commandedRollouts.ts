import { randomBytes } from 'node:crypto';
import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { CLOSED_STATUSES } from '../../domain/rollouts/control.js';
import type { ClaimsState } from '../../domain/rollouts/claimsState.js';
import { rolloutInstance } from '../../domain/rollouts/rollout.js';
import type { Config } from '../../settings/config.js';
import { pagesOf } from '../../queries/pagesOf.js';
import { listedInstances } from '../durable/instancePages.js';
import { deadlineIn, leftUntil } from '../durable/pollUntil.js';
import { readRolloutClaims } from '../durable/rollouts/rolloutPieces.js';
import { readRollout, startRollout, type RolloutState } from '../durable/rollouts/rollouts.js';
import { ENDED } from '../durable/runStatus.js';

/** Instances in one page of the listing. */
const PAGE = 100;

/** Milliseconds after which the rest waits for the next time. By default, a function may run for five minutes. */
const MAX_DURATION = 2 * 60_000;

/** The actor of starts that end claims. */
const ACTOR = 'timer';

/**
 * Starts rollouts again that have ended, or were stopped, and have commands that nobody carries out: the process that
 * took the command died before it started the rollout. Where that process lives, the engine accepts only one of the two
 * starts.
 *
 * Also starts rollouts that have ended and still have claims, because the engine failed to end them: without this,
 * other rollouts could not have their clients until the purge.
 */
export function startCommandedRollouts({ limits }: Pick<Config, 'limits'>) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const until = deadlineIn(MAX_DURATION);
    const list = listedInstances(context);
    const prefix = rolloutInstance('');
    // Commands need no claims. If these cannot be read, the ones that are left are ended the next time.
    const readClaims = () =>
      readRolloutClaims(client).catch((): ClaimsState => {
        context.log(JSON.stringify({ event: 'rollout.claimsUnread' }));
        return {};
      });
    const claims = await readClaims();
    const query = { prefix, top: PAGE, runtimeStatuses: ENDED, withoutInput: true } as const;
    for await (const page of pagesOf((continuation) => list({ ...query, continuation })))
      for (const { instanceId } of page.instances) {
        if (leftUntil(until) === 0) return;
        const found = await readRollout(client, instanceId.slice(prefix.length));
        if (!found?.hasEnded) continue;
        const { plan, control } = found;
        const command = control.commands.at(-1);
        if (!command && !(await hasLeftClaims(found, claims, readClaims))) continue;
        const why = command ? { actor: command.actor } : ({ actor: ACTOR, releases: true } as const);
        const input = { plan, run: newRunId(new Date(), randomBytes(4)), limits, ...why };
        if (await startRollout(client, input))
          context.log(
            JSON.stringify({
              event: 'rollout.startedAgain',
              rollout: plan.id,
              ...(command ? { command: command.command } : { releases: true }),
            }),
          );
      }
  };
}

/**
 * Whether an ended rollout still has claims. They are read again: an earlier reading may be from before the rollout's
 * end.
 */
async function hasLeftClaims(
  { plan, control }: RolloutState,
  before: ClaimsState,
  readAgain: () => Promise<ClaimsState>,
): Promise<boolean> {
  const isLeft = CLOSED_STATUSES.includes(control.status) && plan.id in before;
  return isLeft && plan.id in (await readAgain());
}
