import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { CarriedOut } from '../../fleet/carryOut.js';
import type { ByHand } from '../../fleet/plan/byHand.js';
import type { FleetPlan } from '../../fleet/plan/planFile.js';
import type { CommandContext } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { countedWas } from '../../output/counted.js';
import { tableOf, type Output } from '../../output/output.js';
import { judged } from '../rollouts/outcome.js';
import { startWarnings } from '../shared/startWarnings.js';
import { planAgain } from './stopped.js';

/** What `crctl apply` shows of a plan that was carried out. */
export async function outcome(context: CommandContext, plan: FleetPlan, done: CarriedOut): Promise<Output> {
  const { api } = await context.connect();
  const [{ ROLLOUT_COLUMNS }, { blocked }, { blockedReason }, { movedLines }, { leftByHand }] = await Promise.all([
    import('../../views/rollout.js'),
    import('../../fleet/plan/counts.js'),
    import('../../fleet/plan/removals.js'),
    import('../../fleet/unmoved.js'),
    import('../../fleet/leftByHand.js'),
  ]);
  const { rollouts, removalsLeft, changesLeft, moved, warnings } = done;
  const verdicts = rollouts.map((rollout) => judged(context, rollout));
  const refused = blocked(plan.clients).length;
  const worst =
    verdicts.find((one) => one.exit !== undefined)?.exit ?? (refused + removalsLeft > 0 ? EXIT.failed : EXIT.done);
  const byHand = await leftByHand(api, plan, rollouts).catch((error: unknown) => {
    // The result of hours of rollouts is not lost for this.
    if (error instanceof CommandError || context.world.interrupted.aborted) return 'unknown' as const;
    throw error;
  });
  return {
    data: { rollouts, ...(byHand === 'unknown' || byHand.length > 0 ? { byHand } : {}) },
    table: tableOf(rollouts, ROLLOUT_COLUMNS),
    names: rollouts.map(({ id }) => id),
    exit: moved.length > 0 ? EXIT.refused : worst,
    notes: [
      ...startWarnings(warnings),
      ...(rollouts.length + removalsLeft === 0 ? ['There was nothing to start.'] : []),
      ...verdicts.flatMap(({ notes }) => (notes === undefined ? [] : notes)),
      ...(refused > 0
        ? [`${countedWas(refused, 'client')} not started, since the app would refuse them: plan again.`]
        : []),
      ...(changesLeft > 0
        ? [
            `${countedWas(changesLeft, 'client')} not started, since ${moved.length > 0 ? 'the world has moved' : 'the rollout before them did not end well'}.`,
          ]
        : []),
      ...(removalsLeft > 0
        ? [
            `${countedWas(removalsLeft, 'client')} not removed, since ${moved.length > 0 ? 'the world has moved' : (blockedReason(plan.clients) ?? 'not everything else has succeeded')}.`,
          ]
        : []),
      ...movedLines(moved),
      ...(changesLeft + removalsLeft > 0 ? planAgain(context.again, plan) : []),
      ...byHandNotes(context.again, byHand, rollouts),
    ],
  };
}

/** What stays to be done by hand. */
function byHandNotes(again: string, byHand: readonly ByHand[] | 'unknown', rollouts: readonly Rollout[]): string[] {
  if (byHand === 'unknown')
    return [
      'By hand: passwords that others made may keep working. Whose is unknown, because the clients that have succeeded could not be read. The plan has the command for each of these:',
      ...rollouts
        .filter(({ kind }) => kind === 'onboard')
        .map(({ id }) => `  ${again} rollouts clients ${id} --state completed`),
    ];
  if (byHand.length === 0) return [];
  return [
    'By hand: passwords that others made keep working. Remove each when no device uses it any more:',
    ...byHand.map(({ command }) => `  ${command}`),
  ];
}
