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

/** Which part of what exists a command is about. */
export const PLACE_OPTIONS = {
  registry: { kind: 'text', value: 'NAME', short: 'r', help: 'of this registry only' },
  connectedRegistry: {
    kind: 'text',
    value: 'NAME',
    short: 'c',
    help: 'of this connected registry only; needs a registry, by --registry or the context',
  },
} as const satisfies OptionSpecs;

/**
 * @param ofContext registry of the context
 * @throws {CommandError} if a connected registry is named without its registry
 */
export function registryOf(
  { registry: given, connectedRegistry }: OptionValues<typeof PLACE_OPTIONS>,
  ofContext: string | undefined,
): string | undefined {
  const registry = given === undefined ? ofContext : given;
  if (connectedRegistry !== undefined && registry === undefined)
    throw usageError('Which registry is the connected registry of?', 'Give --registry.');
  return registry;
}
