import type { FleetPlan } from '../../fleet/plan/planFile.js';
import type { YamlSource } from '../../fleet/file/yamlSource.js';
import { defineCommand, type CommandContext } from '../../program/command.js';
import { CommandError, usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { counted } from '../../output/counted.js';
import { paintFor } from '../../output/paint.js';
import { rolloutWaiting } from '../rollouts/outcome.js';
import { confirm, YES_OPTION } from '../shared/confirm.js';
import { WATCH_OPTIONS } from '../shared/waiting.js';
import { planOf, readFleet, readSource } from './fleetInput.js';
import { FLEET_OPTIONS, removalOf } from './options.js';
import { outcome } from './outcome.js';
import { stopped } from './stopped.js';

export const apply = defineCommand({
  name: 'apply',
  summary: 'carry out a plan, or plan a fleet file and carry that out',
  description:
    'Starts rollouts and follows them. A kept plan is refused if any client of its connected registries has changed since; a fleet file, if one that it would change has. Clients are removed when everything else has succeeded, and none while a client of the file would be refused or cannot be compared. It asks before it carries out a plan that it made itself, or one that removes clients. If waiting ends early, the app goes on with the rollout in progress and later ones are not started: plan again.',
  args: [{ name: 'FILE', help: 'plan that `crctl plan --out` has kept, or a fleet file; - is stdin' }],
  options: {
    ...FLEET_OPTIONS,
    ...YES_OPTION,
    timeout: {
      ...WATCH_OPTIONS.timeout,
      help: 'give up after 90s, 15m, 2h of all rollouts together; the default is never',
    },
  },
  examples: [
    { text: 'what was reviewed', line: 'crctl apply plan.json' },
    { text: 'plan and carry out at once', line: 'crctl apply fleet.yaml --yes' },
  ],
  usesApp: true,
  shownBy: 'rollouts list',
  async run(context, { args: [file = ''], options }) {
    const removal = removalOf(options);
    const source = await readSource(file, context);
    const { api } = await context.connect();
    const [{ carryOut, StoppedEarly }, { checkUnmoved, sentBy }, { NOTHING_SEEN }] = await Promise.all([
      import('../../fleet/carryOut.js'),
      import('../../fleet/unmoved.js'),
      import('../../fleet/plan/movedSince.js'),
    ]);
    const kept = isPlan(source.value);
    if (kept && (options.prune || options.registry !== undefined))
      throw usageError('A plan has been made already: --prune and --registry belong to crctl plan.');
    const plan = kept
      ? await keptPlan(source, file, api.url)
      : await planOf(
          context,
          await readFleet(source, file, options.registry, context),
          { file, registry: options.registry },
          removal,
          true,
        );
    if (!kept) await show(context, plan);
    const sent = sentBy(plan).flatMap(({ kind, clients }) => clients.map(() => kind));
    const changes = sent.length;
    const removals = sent.filter((kind) => kind === 'offboard').length;
    if (changes > 0 && !options.yes && (!kept || removals > 0)) {
      // A plan that is refused anyway needs no question.
      if (kept) await checkUnmoved(api, plan, 'all');
      await confirm(
        context,
        `Carry out ${counted(changes, 'change')}${removals > 0 ? `, including ${counted(removals, 'removal')}` : ''}`,
        false,
      );
    }
    // Dry runs take minutes, and a question may stand for hours, in which others change and revoke clients.
    const before = kept || changes > 0 ? await checkUnmoved(api, plan, kept ? 'all' : 'sent') : NOTHING_SEEN;
    const { watchRollout } = await import('../../watch/watchRollout.js');
    const since = context.world.now();
    const done = await carryOut(api, plan, {
      before,
      follow: (rollout) =>
        watchRollout(
          api,
          rollout.id,
          rolloutWaiting(context, rollout.id, options.timeout, since),
          { sink: context.world.stderr, as: context.isWatched ? 'drawing' : 'nothing' },
          true,
        ),
      checkTime: () => checkTime(context, options.timeout, since),
    }).catch((error: unknown) => {
      throw error instanceof StoppedEarly ? stopped(context, plan, error) : error;
    });
    return outcome(context, plan, done);
  },
});

/** @throws {CommandError} if no time is left to start another rollout */
function checkTime({ world }: CommandContext, timeout: number | undefined, since: number): void {
  if (timeout !== undefined && world.now() >= since + timeout * 1000)
    throw new CommandError(EXIT.timedOut, `The plan was not carried out within ${timeout} seconds.`);
}

function isPlan(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'FleetPlan';
}

/** @throws {CommandError} if it is no plan, or that of another app */
async function keptPlan(source: YamlSource, file: string, url: string): Promise<FleetPlan> {
  const { fleetPlan, seenByPlan, strayEntry } = await import('../../fleet/plan/planFile.js');
  const parsed = fleetPlan.safeParse(source.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw usageError(`${file} is not a plan of this crctl.`, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const plan = parsed.data;
  if (plan.seen !== seenByPlan(plan.clients))
    throw usageError(`${file} does not have the clients that its plan saw. Plan again.`);
  const stray = strayEntry(plan);
  if (stray)
    throw usageError(
      `${file} was changed by hand: its entry for ${stray.registry}/${stray.connectedRegistry}/${stray.client} is about another client, or one that it has twice, or one outside of its connected registries, or does not fit its mark.`,
      'Plan again.',
    );
  if (plan.app !== url)
    throw new CommandError(EXIT.refused, `The plan is for ${plan.app}, and not for ${url}.`, ['Nothing was started.']);
  return plan;
}

/** What is about to be asked about. */
async function show({ world }: CommandContext, plan: FleetPlan): Promise<void> {
  const [{ planBlocks }, { drawBlocks, widthOf }] = await Promise.all([
    import('../../fleet/plan/planView.js'),
    import('../../output/render.js'),
  ]);
  const style = { width: widthOf(world.stderr), headers: true, paint: paintFor(world.stderr, world, false) };
  for (const line of await drawBlocks(planBlocks(plan, false), style)) world.stderr.write(`${line}\n`);
}
