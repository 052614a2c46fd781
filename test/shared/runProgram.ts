import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What a program has printed, and how it ended. */
export interface Ended {
  /** -1 if a signal ended it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a program to its end, without input; its environment is `env` and PATH alone, so that nothing of the test's own
 * leaks in.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ended> {
  const ended = execute(program, args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  ended.child.stdin?.end();
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code?: unknown; stdout?: unknown; stderr?: unknown }) => ({
      code: typeof error.code === 'number' ? error.code : -1,
      out: String(error.stdout),
      err: String(error.stderr),
    }),
  );
}
