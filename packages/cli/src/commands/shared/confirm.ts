import { createInterface } from 'node:readline/promises';
import { CommandError, usageError } from '../../program/commandError.js';
import type { CommandContext } from '../../program/command.js';
import { EXIT } from '../../program/exitCodes.js';
import type { OptionSpecs } from '../../program/optionSpecs.js';
import { plainLine } from '../../output/plain.js';

export const YES_OPTION = {
  yes: { kind: 'flag', short: 'y', help: 'do not ask; needed where there is no terminal' },
} as const satisfies OptionSpecs;

/**
 * Asks before something that takes access away.
 * @param what for example `Revoke 2 clients`
 * @throws {CommandError} if the answer is no, or if there is nobody to ask
 */
export async function confirm({ world }: CommandContext, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  const { stdin, stderr, interrupted } = world;
  if (stdin.isTTY !== true || stderr.isTTY !== true)
    throw usageError(`${what}: there is no terminal to ask at.`, 'Give --yes if you are sure.');
  stderr.write(`${plainLine(what)}? [y/N] `);
  // The question is written here; readline only reads, since it would put it on stdout.
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    const answer = await lines.question('', { signal: interrupted }).catch((error: unknown) => {
      throw interrupted.aborted ? new CommandError(EXIT.interrupted, 'interrupted. Nothing was done.') : error;
    });
    if (!/^\s*y(?:es)?\s*$/i.test(answer)) throw new CommandError(EXIT.failed, 'Nothing was done.');
  } finally {
    lines.close();
  }
}

/** `device-1`, or `3 clients: a, b, c`, or `12 clients: a, b, c and 9 more`. */
export function namesOf(names: readonly string[]): string {
  if (names.length === 1) return names[0] ?? '';
  const shown = names.slice(0, 3).join(', ');
  return `${names.length} clients: ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}
