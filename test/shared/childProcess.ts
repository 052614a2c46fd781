import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from '@connected-registry/clock/files/projectRoot';
import { isThere, until } from './until.js';

/** A compiled process of this project, and all that it has said. */
export interface Child {
  stdout(): string;
  stderr(): string;
  /** Waits for text on stdout. */
  says(text: RegExp): Promise<RegExpExecArray>;
  /** Settles with the exit code when the process ends by itself or by {@link end}. */
  exit: Promise<number | null>;
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts a compiled file of a workspace (`agent/main.js`); its environment is `env` alone, so that nothing of the
 * test's own leaks in.
 */
export function startChild(script: string, args: string[], env: Record<string, string> = {}): Child {
  const child = spawn(process.execPath, [compiled(script), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  let isOver = false;
  const exit = once(child, 'close').then(() => {
    isOver = true;
    return child.exitCode;
  });
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    exit,
    async says(text) {
      const { match } = await until(
        () => ({ match: text.exec(stdout) ?? undefined, isOver, stdout, stderr }),
        (seen) => isThere(seen.match) || seen.isOver,
        `${script} has said ${text}`,
        { seconds: 60, pause: 5 },
      );
      if (!match) throw new Error(`${script} has ended and not said ${text}: ${stdout}${stderr}`);
      return match;
    },
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      return exit;
    },
  };
}
