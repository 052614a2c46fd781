import type { Operation } from '@connected-registry/protocol/answers/answers';
import type { StartedOperations } from '@connected-registry/protocol/answers/problemDetails';
import { CommandError } from '../../program/commandError.js';
import type { CommandContext } from '../../program/command.js';
import { EXIT, type ExitCode } from '../../program/exitCodes.js';
import { listOutput, type Column, type Output } from '../../output/output.js';
import type { Waiting } from '../../watch/deadline.js';
import { clientText } from './clientNames.js';
import type { WaitOptions } from './waiting.js';

type Part = StartedOperations['operations'][number];

const COLUMNS: readonly Column<Part>[] = [
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  {
    header: 'STATUS',
    firm: true,
    value: ({ status, problem }) => status ?? problem?.code,
    tone: ({ problem }) => (problem ? 'bad' : undefined),
  },
  { header: 'OPERATION', minor: 1, value: ({ id }) => id },
];

/**
 * What a request about several clients started. With `--wait` the operations once they have ended. A client that was
 * refused makes the exit code that of a refusal, unless something else failed.
 */
export async function startedOutput(
  context: CommandContext,
  started: StartedOperations,
  options: WaitOptions,
): Promise<Output> {
  const { operations } = started;
  const { exitOf, problemLines } = await import('../../api/problem.js');
  const refused = operations.filter(({ problem }) => problem !== undefined);
  const refusals = refused.flatMap((part) => [
    `${clientText(part)}: ${part.problem?.title} (${part.problem?.status} ${part.problem?.code})`,
    ...(part.problem
      ? [`  ${part.problem.detail}`, ...problemLines(part.problem, context.again).map((line) => `  ${line}`)]
      : []),
  ]);
  const codes = refused.map(({ problem }) => exitOf(problem?.status ?? 500));
  const ids = [...new Set(operations.flatMap(({ id }) => id ?? []))];
  if (!options.wait || ids.length === 0)
    return {
      ...listOutput(started, operations, COLUMNS, ({ id }) => id ?? ''),
      names: ids,
      notes: [...refusals, ...(ids.length > 0 ? [`Follow with: ${context.again} ops watch ${ids[0]}`] : [])],
      ...(codes.length > 0 ? { exit: worst(codes) } : {}),
    };
  const output = await waitForOperations(context, ids, options);
  return {
    ...output,
    // As without --wait, and for one client as for several.
    data: { operations: output.operations },
    notes: refusals,
    ...(codes.length > 0 || output.exit !== undefined
      ? { exit: worst([...codes, ...(output.exit ? [output.exit] : [])]) }
      : {}),
  };
}

/** Failed before refused before not found: what is hardest to see by the other lines. */
function worst(codes: readonly ExitCode[]): ExitCode {
  return [EXIT.failed, EXIT.refused, EXIT.notFound].find((code) => codes.includes(code)) ?? EXIT.failed;
}

/** Operations that have been waited for. */
interface Ended {
  readonly operations: readonly Operation[];
}

/** One operation that was started: its id, or with `--wait` its end. */
export async function startedOne(
  context: CommandContext,
  running: { readonly id: string },
  options: WaitOptions,
): Promise<Output & Ended> {
  if (options.wait) return waitForOperations(context, [running.id], options);
  return {
    ...listOutput(running, [running], [{ header: 'OPERATION', value: ({ id }) => id }], ({ id }) => id),
    notes: [`Follow with: ${context.again} ops watch ${running.id}`],
    operations: [],
  };
}

/** Waits until operations have ended; draws their progress on stderr if somebody watches. */
async function waitForOperations(
  context: CommandContext,
  ids: readonly string[],
  options: WaitOptions,
): Promise<Output & Ended> {
  const { api } = await context.connect();
  const [{ watchOperations }, { operationOutput, operationsOutput }] = await Promise.all([
    import('../../watch/watchOperations.js'),
    import('../../views/operation.js'),
  ]);
  const ended: Operation[] = await watchOperations(api, ids, waitingFor(context, ids, options.timeout), {
    sink: context.world.stderr,
    as: context.isWatched ? 'drawing' : 'nothing',
  });
  const [only] = ended;
  return { ...(ended.length === 1 && only ? operationOutput(only) : operationsOutput(ended)), operations: ended };
}

/** What to say if waiting for operations ends before they do. */
export function waitingFor(
  { world, again }: CommandContext,
  ids: readonly string[],
  timeout: number | undefined,
): Waiting {
  const [only] = ids;
  return {
    world,
    timeout,
    subject: ids.length === 1 ? `Operation ${only}` : `${ids.length} operations`,
    again: ids.length === 1 ? [`${again} ops watch ${only}`] : [`${again} ops list --status running`],
  };
}

/** Maximum clients of one request; a rollout takes more. */
const MAX_CLIENTS = 100;

/** @throws {CommandError} for more clients than one request may name */
export function checkCount(names: readonly string[], kind: string): void {
  if (names.length <= MAX_CLIENTS) return;
  throw new CommandError(EXIT.usage, `${names.length} clients are more than ${MAX_CLIENTS}.`, [
    `Use \`crctl rollouts start --kind ${kind}\`, which takes 10,000, in waves.`,
  ]);
}
