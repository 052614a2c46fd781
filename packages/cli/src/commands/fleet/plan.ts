import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FleetPlan } from '../../fleet/plan/planFile.js';
import { defineCommand, type ArgumentSpec } from '../../program/command.js';
import { CommandError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { withFile } from '../../program/fileError.js';
import { shellWord } from '../../program/shellWord.js';
import { FLEET_OPTIONS, removalOf } from './options.js';
import { planOf, readFleet, readSource } from './fleetInput.js';

const FILE_ARGUMENT: ArgumentSpec = { name: 'FILE', help: 'fleet file in YAML or JSON; - is stdin' };

export const plan = defineCommand({
  name: 'plan',
  summary: 'compare a fleet file with what there is, and show what would change',
  description:
    'Changes nothing. `+` is added, `~` changed, `-` removed, `=` equal; `!` differs and is left so, `?` cannot be compared. The writes of each change, and the time that Azure Resource Manager needs for all, are those of a dry run of the app.',
  args: [FILE_ARGUMENT],
  options: {
    ...FLEET_OPTIONS,
    out: { kind: 'text', value: 'FILE', help: 'keep the plan in this file, for `crctl apply`' },
    equal: { kind: 'flag', help: 'list also clients that are equal' },
    quick: {
      kind: 'flag',
      help: 'compare only: do not ask the app what each change would write, or whether it would refuse it',
    },
    detailedExitcode: {
      kind: 'flag',
      help: 'exit code 0: no changes, 1: an error, or something cannot be compared, 2: changes',
    },
  },
  examples: [
    { text: 'what differs', line: 'crctl plan fleet.yaml' },
    { text: 'keep the plan for a review', line: 'crctl plan fleet.yaml --out plan.json' },
    { text: 'remove what the file lacks, at most five clients', line: 'crctl plan fleet.yaml --prune --max-deletes 5' },
    { text: 'has anything drifted?', line: 'crctl plan fleet.yaml --detailed-exitcode -o name' },
  ],
  usesApp: true,
  shownBy: 'rollouts list',
  async run(context, { args: [file = ''], options }) {
    try {
      const removal = removalOf(options);
      const fleet = await readFleet(await readSource(file, context), file, options.registry, context);
      const made = await planOf(context, fleet, { file, registry: options.registry }, removal, !options.quick);
      if (options.out !== undefined) await keep(made, options.out, context.world.cwd);
      const [{ planOutput }, { planExit }, { sendable }] = await Promise.all([
        import('../../fleet/plan/planView.js'),
        import('../../fleet/plan/counts.js'),
        import('../../fleet/plan/removals.js'),
      ]);
      const isEmpty = sendable(made.clients).length === 0;
      return {
        ...planOutput(made, options.equal),
        exit: planExit(made.clients, options.detailedExitcode),
        notes:
          options.out === undefined || isEmpty
            ? []
            : [`Carry it out with: ${context.again} apply ${shellWord(options.out)}`],
      };
    } catch (error) {
      // Code 2 says that there are changes.
      if (!options.detailedExitcode || !(error instanceof CommandError)) throw error;
      throw new CommandError(EXIT.failed, error.message, error.details);
    }
  },
});

/**
 * A plan is whole or not there: the file gets its name when it is complete.
 * @throws {CommandError} also if `crctl apply` would not read it, such as for a name of the service that no client may
 * have
 */
async function keep(made: FleetPlan, name: string, cwd: string): Promise<void> {
  const { fleetPlan } = await import('../../fleet/plan/planFile.js');
  const text = `${JSON.stringify(made, undefined, 2)}\n`;
  const [issue] = fleetPlan.safeParse(JSON.parse(text)).error?.issues ?? [];
  if (issue)
    throw new CommandError(EXIT.failed, `${name} is not written: crctl apply would refuse the plan.`, [
      `${issue.path.join('.')}: ${issue.message}`,
    ]);
  const path = resolve(cwd, name);
  withFile(EXIT.failed, `${name} cannot be written`, () => {
    writeFileSync(`${path}.part`, text);
    renameSync(`${path}.part`, path);
  });
}
