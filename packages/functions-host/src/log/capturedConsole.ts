/** What an app writes with `console` goes to the host's log (category Host.Function.Console), as the real host does it. */
import { formatWithOptions } from 'node:util';

/** Redirects the process's console; returns what gives it back. */
export function captureConsole(write: (text: string) => void): () => void {
  const names = ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const;
  const originals = names.map((name) => [name, console[name]] as const);
  for (const name of names)
    console[name] = (...args: unknown[]): void => write(formatWithOptions({ colors: false }, ...args));
  return () => {
    for (const [name, original] of originals) console[name] = original;
  };
}
