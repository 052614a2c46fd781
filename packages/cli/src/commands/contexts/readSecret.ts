import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../program/command.js';
import { usageError } from '../../program/commandError.js';

/**
 * Reads a key from CRCTL_KEY, from stdin, or at the terminal, which does not show it. Never from an argument: others
 * see those.
 */
export async function readSecret({ world }: CommandContext, what: string): Promise<string> {
  const { env, stdin, stderr } = world;
  const given = env['CRCTL_KEY'] || (stdin.isTTY === true ? await hidden(what, world) : await text(stdin));
  stderr.write(stdin.isTTY === true && !env['CRCTL_KEY'] ? '\n' : '');
  const key = given.trim();
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) throw usageError('That is not a function key.');
  return key;
}

function hidden(what: string, { stdin, stderr, interrupted }: CommandContext['world']): Promise<string> {
  // A terminal interface turns the echo of the terminal off; what it would write itself goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      lines.close();
      reject(interrupted.reason);
    };
    interrupted.addEventListener('abort', stop, { once: true });
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    // The terminal shows nothing from here on, so whoever answers at once is not seen either.
    lines.question('', (answer) => {
      interrupted.removeEventListener('abort', stop);
      lines.close();
      resolve(answer);
    });
    stderr.write(`${what}: `);
  });
}
