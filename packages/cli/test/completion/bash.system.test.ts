import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/commands.js';
import { completionScript } from '../../src/completion/completionScript.js';

/** What bash offers for a line that ends where somebody has stopped to type. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `${completionScript('bash', COMMANDS)}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _crctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-eu', '-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test.each([
  ['crctl ro', ['rotate', 'rollouts']],
  ['crctl rollouts re', ['resume', 'retry-failed']],
  ['crctl ops list --st', ['--status']],
  ['crctl ops list --status r', ['running', 'rolledBack']],
  ['crctl --local clients sh', ['show']],
  ['crctl clients list -o j', ['json']],
  ['crctl completion f', ['fish']],
  ['crctl nonsense --loc', ['--local']],
])('%s', (line, words) => expect(offered(line).toSorted()).toEqual([...words].toSorted()));
