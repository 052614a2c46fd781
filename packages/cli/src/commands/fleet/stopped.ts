import type { StoppedEarly } from '../../fleet/carryOut.js';
import type { FleetPlan } from '../../fleet/plan/planFile.js';
import { counted, countedWas } from '../../output/counted.js';
import type { CommandContext } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { shellWord } from '../../program/shellWord.js';

type Planned = Pick<FleetPlan, 'file' | 'registry' | 'clients'>;

/** The error of a plan that was not carried out to its end, with what of it was not started. */
export function stopped(
  { world, again }: CommandContext,
  plan: Planned,
  { cause, left: { changesLeft, removalsLeft }, last, ended }: StoppedEarly,
): unknown {
  const isKnown = cause instanceof CommandError;
  if (!isKnown && !world.interrupted.aborted) return cause;
  const [code, message, details] = isKnown
    ? [cause.code, cause.message, cause.details]
    : [EXIT.interrupted, 'interrupted.', []];
  const isAllDone = last === 'started' && changesLeft + removalsLeft === 0;
  return new CommandError(code, message, [
    ...details,
    ...ended.map(
      ({ id, status, counts: { completed }, rows }) =>
        `Rollout ${id} before it: ${status}, ${completed} of ${counted(rows, 'client')} succeeded.`,
    ),
    ...(last === 'unknown'
      ? ['Whether the app has started the last rollout is unknown. Look with:', `  ${again} rollouts list`]
      : []),
    ...(changesLeft > 0 ? [`${countedWas(changesLeft, 'client')} not started.`] : []),
    ...(removalsLeft > 0 ? [`${countedWas(removalsLeft, 'client')} not removed.`] : []),
    ...(isAllDone ? [] : planAgain(again, plan, last === 'not started' ? '' : ' when that rollout has ended')),
  ]);
}

/**
 * How to plan a fleet file once more. Without the flags of its removals a plan has none.
 * @param again `crctl` with the flags by which the app was chosen
 */
export function planAgain(again: string, { file, registry, clients }: Planned, when = ''): string[] {
  const removals = clients.filter(({ mark }) => mark === '-').length;
  const flags = [
    ...(registry === undefined ? [] : [`--registry ${shellWord(registry)}`]),
    ...(removals > 0 ? [`--prune --max-deletes ${removals}`] : []),
  ];
  // What came by stdin has no name.
  if (file === '-')
    return [
      `Plan the same file again${when}${flags.length > 0 ? `, with ${flags.join(' ')}` : ''}, and apply that plan.`,
    ];
  return [`Plan again${when}, and apply that plan:`, `  ${[again, 'plan', shellWord(file), ...flags].join(' ')}`];
}
