import type { StoppedEarly } from '../../fleet/carryOut.js';
import type { FleetPlan } from '../../fleet/plan/planFile.js';
import { countedWas } from '../../output/counted.js';
import type { CommandContext } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { shellWord } from '../../program/shellWord.js';

/** The error of a plan that was not carried out to its end, with what of it was not started. */
export function stopped(
  { world, again }: CommandContext,
  plan: Pick<FleetPlan, 'file' | 'clients'>,
  { cause, left: { changesLeft, removalsLeft }, last }: StoppedEarly,
): unknown {
  const isKnown = cause instanceof CommandError;
  if (!isKnown && !world.interrupted.aborted) return cause;
  const [code, message, details] = isKnown
    ? [cause.code, cause.message, cause.details]
    : [EXIT.interrupted, 'interrupted.', []];
  const isAllDone = last === 'started' && changesLeft + removalsLeft === 0;
  return new CommandError(code, message, [
    ...details,
    ...(last === 'unknown'
      ? ['Whether the app has started the last rollout is unknown. Look with:', `  ${again} rollouts list`]
      : []),
    ...(changesLeft > 0 ? [`${countedWas(changesLeft, 'client')} not started.`] : []),
    ...(removalsLeft > 0 ? [`${countedWas(removalsLeft, 'client')} not removed.`] : []),
    ...(isAllDone
      ? []
      : [
          `Plan again${last === 'not started' ? '' : ' when that rollout has ended'}, and apply that plan:`,
          `  ${planLine({ again }, plan)}`,
        ]),
  ]);
}

/** The line that plans a fleet file once more. Without its flags a plan has no removals. */
export function planLine(
  { again }: Pick<CommandContext, 'again'>,
  { file, clients }: Pick<FleetPlan, 'file' | 'clients'>,
) {
  const removals = clients.filter(({ mark }) => mark === '-').length;
  return `${again} plan ${shellWord(file)}${removals > 0 ? ` --prune --max-deletes ${removals}` : ''}`;
}
