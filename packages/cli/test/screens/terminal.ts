import { spawn } from 'node:child_process';
import { once } from 'node:events';
import xterm from '@xterm/headless';

/** What a person sees when a program has ended, and what it was. */
export interface Screen {
  /** Lines without spaces at their ends, and without empty lines below. */
  readonly text: string;
  readonly code: number | null;
  /** Everything that was written, with its escape sequences. */
  readonly raw: string;
}

/** Text to type, once something is on the screen. */
export interface Typed {
  readonly after: string;
  readonly keys: string;
}

const ROWS = 60;

/**
 * Runs a program on a pseudo-terminal, which `script` of util-linux makes, and shows its output to a terminal emulator.
 * @param command a line for a shell
 */
export async function onTerminal(
  command: string,
  columns: number,
  env: Readonly<Record<string, string>>,
  typed?: Typed,
): Promise<Screen> {
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `stty cols ${columns} rows ${ROWS}; exec ${command}`, '/dev/null'],
    {
      env: { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const terminal = new xterm.Terminal({ cols: columns, rows: ROWS, allowProposedApi: true, scrollback: 1000 });
  let raw = '';
  let isTyped = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    raw += chunk;
    terminal.write(chunk);
    if (typed && !isTyped && raw.includes(typed.after)) {
      isTyped = true;
      child.stdin.write(typed.keys);
    }
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await new Promise<void>((resolve) => terminal.write('', resolve));
  const { active } = terminal.buffer;
  const lines = [...Array(active.length).keys()].map((index) => active.getLine(index)?.translateToString(true) ?? '');
  return { text: lines.join('\n').trimEnd(), code, raw };
}
