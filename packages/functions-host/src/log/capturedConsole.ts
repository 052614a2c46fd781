/** Writes the app's `console` output to the host's log (category Host.Function.Console), as the real host does. */
import { formatWithOptions } from 'node:util';

/**
 * Redirects the process's console.
 * @returns a function that restores it
 */
export function captureConsole(write: (text: string) => void): () => void {
  const names = ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const;
  const originals = names.map((name) => [name, console[name]] as const);
  for (const name of names)
    console[name] = (...args: unknown[]): void => write(formatWithOptions({ colors: false }, ...args));
  return () => {
    for (const [name, original] of originals) console[name] = original;
  };
}
