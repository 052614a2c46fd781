import { execFile, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { isThere, until } from '../shared/until.js';

const run = promisify(execFile);

/**
 * Fails loudly where a program is missing: a system test that skips proves nothing.
 * @param asks what has it say its version
 */
export async function requireProgram(name: string, debianPackage = name, asks = '--version'): Promise<void> {
  await run(name, [asks]).catch(() => {
    throw new Error(`${name} is not installed: the system tests need it (Debian package ${debianPackage})`);
  });
}

/**
 * A Python that has docker's library. Debian's own may have it while another comes first on the PATH, and the other way
 * round.
 * @throws Error if none has
 */
export async function pythonWithDocker(): Promise<string> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const { ok } = await runProgram(python, ['-c', 'import docker']);
    if (ok) return python;
  }
  throw new Error('no python3 has docker’s library: the system tests need it (Debian package python3-docker)');
}

/** Milliseconds after which a program hangs, also on a busy machine. */
const LONGEST = 300_000;

/** Runs a program to its end. */
export async function runProgram(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ ok: boolean; text: string }> {
  return run(name, args, { timeout: LONGEST, env: { ...process.env, ...env } }).then(
    ({ stdout }) => ({ ok: true, text: stdout }),
    (error: unknown) => ({ ok: false, text: error instanceof Error ? error.message : String(error) }),
  );
}

/** A program that goes on until it is ended by its own process id. */
export interface Service {
  /** Waits for text in what it says, on either stream. */
  says(text: RegExp): Promise<RegExpExecArray>;
  end(): Promise<void>;
}

export function startProgram(name: string, args: string[], env: Record<string, string> = {}): Service {
  const child: ChildProcessWithoutNullStreams = spawn(name, args, { env: { ...process.env, ...env } });
  let [isOver, said] = [false, ''];
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
    isOver = true;
  });
  child.once('close', () => (isOver = true));
  const exit = once(child, 'close');
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  }
  return {
    async says(text) {
      const { match } = await until(
        () => ({ match: text.exec(said) ?? undefined, isOver, said }),
        (seen) => isThere(seen.match) || seen.isOver,
        `${name} has said ${text}`,
        { seconds: 60, pause: 10 },
      );
      if (!match) throw new Error(`${name} did not say ${text}: ${failure?.message ?? said}`);
      return match;
    },
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exit;
    },
  };
}
