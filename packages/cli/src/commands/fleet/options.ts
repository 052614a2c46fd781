import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';
import { usageError } from '../../program/commandError.js';
import type { Removal } from '../../fleet/plan/makePlan.js';

export const FLEET_OPTIONS = {
  registry: {
    kind: 'text',
    value: 'NAME',
    short: 'r',
    help: 'registry of connected registries that the file names without one; the default is that of the context',
  },
  prune: {
    kind: 'flag',
    help: 'remove clients that the file does not have, of the connected registries that it names',
  },
  maxDeletes: {
    kind: 'number',
    value: 'N',
    help: 'with --prune, which needs it: refuse a plan that removes more clients',
  },
} as const satisfies OptionSpecs;

/** @throws {CommandError} if only one of the two is given: nobody removes clients by one word */
export function removalOf({ prune, maxDeletes }: OptionValues<typeof FLEET_OPTIONS>): Removal {
  if (prune !== (maxDeletes !== undefined))
    throw usageError(
      prune ? '--prune needs --max-deletes.' : '--max-deletes belongs to --prune.',
      'Say how many clients the plan may remove: --prune --max-deletes 5.',
    );
  return { prune, maxDeletes: maxDeletes === undefined ? 0 : maxDeletes };
}
