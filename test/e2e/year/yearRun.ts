import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '@connected-registry/clock/files/projectRoot';

/** How a simulated year ended. */
export interface YearRun {
  readonly status: number | null;
  readonly output: string;
  /** A row of the table, cell by cell, by the connected registry's name. */
  row(name: string): number[];
}

/**
 * Lets a simulated year pass, and prints its table, or all that it had to say of a broken rule and how to see it again.
 */
export async function runYear(...flags: string[]): Promise<YearRun> {
  const child = spawn(process.execPath, [compiled('local-stack/year/main.js'), ...flags], {
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  const table = output.slice(output.lastIndexOf('connected registry   '));
  console.log(status === 0 ? table : `${output}\nTo see it again: npm run year -- ${flags.join(' ')}`);
  return {
    status,
    output,
    row(name) {
      const line = table.split('\n').find((one) => one.startsWith(`${name} (`)) ?? '';
      return line
        .slice(line.indexOf(')') + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
    },
  };
}
