import type { CommandContext, CommandInput } from '../../program/command.js';
import type { OptionSpecs } from '../../program/optionSpecs.js';
import type { Output } from '../../output/output.js';
import { confirm, namesOf, YES_OPTION } from '../shared/confirm.js';
import { NAME_OPTIONS, readClient } from '../shared/clientNames.js';
import type { TakingAwayFields } from '../../api/requests.js';
import { present } from '../shared/present.js';
import { checkCount, startedOutput } from '../shared/started.js';
import { DRY_RUN_OPTION, WAIT_OPTIONS } from '../shared/waiting.js';

/** Options of commands that take something away from clients. */
export const TAKING_AWAY_OPTIONS = {
  ...NAME_OPTIONS,
  ...YES_OPTION,
  ...DRY_RUN_OPTION,
  ...WAIT_OPTIONS,
} as const satisfies OptionSpecs;

/**
 * Asks, requests it, and shows what has started; or, by a dry run, what it would do.
 *
 * @param question with which it asks, before the names of the clients
 * @param route of the API
 */
export async function takeAway(
  context: CommandContext,
  { args, options }: CommandInput<typeof TAKING_AWAY_OPTIONS>,
  question: string,
  route: 'offboard' | 'revoke',
): Promise<Output> {
  const { dryRun, yes } = options;
  checkCount(args, 'offboard');
  const { api, place } = await context.connect();
  const clients = args.map((text) => readClient(text, options, place));
  if (!dryRun) await confirm(context, `${question} ${namesOf(args)}`, yes);
  const { routes } = await import('../../api/routes.js');
  const answer = await routes[route](api, { clients, ...present<TakingAwayFields>({ dryRun }) });
  if ('operations' in answer) return startedOutput(context, answer, options);
  return (await import('../../views/dryRun.js')).dryRunOutput(answer);
}
