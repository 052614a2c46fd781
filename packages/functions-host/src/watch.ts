/**
 * `--watch`: runs the host as a child process and restarts it when a file of the app changes, because loaded modules
 * cannot be unloaded.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import path from 'node:path';

/** A build changes many files in a row. Milliseconds without a change that end such a burst. */
const silence = 300;

/** Runs until a signal ends it. Never resolves. */
export async function watchApp(options: {
  appDir: string;
  dataDir: string;
  script: string;
  args: readonly string[];
}): Promise<void> {
  const args = options.args.filter((arg) => arg !== '--watch');
  let child = start();
  let ending = false;
  let again: NodeJS.Timeout | undefined;

  function start(): ChildProcess {
    return spawn(process.execPath, [options.script, ...args], { stdio: 'inherit' });
  }
  const restart = (): void => {
    const old = child;
    const next = (): void => {
      if (!ending) child = start();
    };
    if (old.exitCode !== null || old.signalCode !== null) next();
    else {
      old.once('exit', next);
      old.kill('SIGTERM');
    }
  };
  const watcher = watch(options.appDir, { recursive: true }, (_, file) => {
    if (file === null || !isOfTheApp(options, file)) return;
    clearTimeout(again);
    again = setTimeout(restart, silence);
  });
  const end = (signal: NodeJS.Signals): void => {
    ending = true;
    clearTimeout(again);
    watcher.close();
    if (child.exitCode !== null || child.signalCode !== null) process.exit(0);
    child.once('exit', (code) => process.exit(code ?? 0));
    child.kill(signal);
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  await new Promise(() => undefined);
}

/** Code and configuration, without packages, data and version control. */
function isOfTheApp(options: { appDir: string; dataDir: string }, file: string): boolean {
  const absolute = path.join(options.appDir, file);
  if (file.split(path.sep).some((part) => part === 'node_modules' || part.startsWith('.'))) return false;
  if (absolute === options.dataDir || absolute.startsWith(options.dataDir + path.sep)) return false;
  return /\.(c|m)?js$|\.json$|\.env$/.test(file);
}
