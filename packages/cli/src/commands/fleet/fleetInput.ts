import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { DesiredFleet } from '../../fleet/file/desiredFleet.js';
import type { YamlSource } from '../../fleet/file/yamlSource.js';
import type { FleetPlan } from '../../fleet/plan/planFile.js';
import type { Removal } from '../../fleet/plan/makePlan.js';
import type { CommandContext } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';
import { EXIT } from '../../program/exitCodes.js';
import { withFile } from '../../program/fileError.js';

/** Reads a file of YAML or JSON; `-` is stdin. @throws {CommandError} */
export async function readSource(name: string, { world }: CommandContext): Promise<YamlSource> {
  const { yamlSource } = await import('../../fleet/file/yamlSource.js');
  const shown = name === '-' ? 'stdin' : name;
  if (name === '-') return yamlSource(await buffer(world.stdin), shown);
  const path = resolve(world.cwd, name);
  const bytes = withFile(EXIT.usage, `${name} cannot be read`, () => readFileSync(path));
  return yamlSource(bytes, shown);
}

/** @throws {CommandError} with every fault, its line and its column */
export async function readFleet(
  source: YamlSource,
  name: string,
  registry: string | undefined,
  context: CommandContext,
): Promise<DesiredFleet> {
  const { desiredFleet } = await import('../../fleet/file/desiredFleet.js');
  const { place } = await context.connect();
  const folder = name === '-' ? context.world.cwd : dirname(resolve(context.world.cwd, name));
  const read = await desiredFleet(source, { folder, registry: registry === undefined ? place.registry : registry });
  if ('faults' in read) throw usageError(`${name === '-' ? 'stdin' : name} is not a valid fleet file.`, ...read.faults);
  return read.fleet;
}

/** Plans a fleet that was read. */
export async function planOf(
  context: CommandContext,
  fleet: DesiredFleet,
  from: { readonly file: string; readonly registry: string | undefined },
  removal: Removal,
  asksApp: boolean,
): Promise<FleetPlan> {
  const { api } = await context.connect();
  const { makePlan } = await import('../../fleet/plan/makePlan.js');
  const { world, again } = context;
  return makePlan({
    api,
    fleet,
    from: { file: from.file, ...(from.registry === undefined ? {} : { registry: from.registry }) },
    removal,
    asksApp,
    now: () => world.now(),
    waiting: (id) => ({ world, timeout: undefined, subject: `Dry run ${id}`, again: [`${again} rollouts show ${id}`] }),
  });
}
