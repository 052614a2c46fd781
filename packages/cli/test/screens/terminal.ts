import { spawn } from 'node:child_process';
import { once } from 'node:events';
import xterm from '@xterm/headless';

/** What a person sees when a program has ended, and what it was. */
export interface Screen {
  /** Lines without spaces at their ends, and without empty lines below. */
  readonly text: string;
  /** Rows of tables that the terminal had to wrap, whole. Prose may be wrapped. */
  readonly wrappedRows: readonly string[];
  /** The screen when something was first on it, by the name of a moment. */
  readonly moments: ReadonlyMap<string, string>;
  readonly code: number | null;
  /** Everything that was written, with its escape sequences. */
  readonly raw: string;
}

/** Text to type, once something is on the screen. */
export interface Typed {
  readonly after: string;
  readonly keys: string;
}

export interface OnTerminal {
  readonly typed?: Typed | undefined;
  /** What is on the screen at moments of which the screen is kept, by their names. */
  readonly moments?: Readonly<Record<string, RegExp>> | undefined;
  readonly cwd?: string | undefined;
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
  { typed, moments = {}, cwd }: OnTerminal = {},
): Promise<Screen> {
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `stty cols ${columns} rows ${ROWS}; exec ${command}`, '/dev/null'],
    {
      env: { PATH: process.env['PATH'], TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd,
    },
  );
  const terminal = new xterm.Terminal({ cols: columns, rows: ROWS, allowProposedApi: true, scrollback: 1000 });
  const seen = new Map<string, string>();
  let raw = '';
  let isTyped = false;
  const look = (): void => {
    const { text } = contentOf(terminal);
    for (const [name, shows] of Object.entries(moments)) if (!seen.has(name) && shows.test(text)) seen.set(name, text);
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    raw += chunk;
    terminal.write(chunk, look);
    if (typed && !isTyped && raw.includes(typed.after)) {
      isTyped = true;
      child.stdin.write(typed.keys);
    }
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await new Promise<void>((resolve) => terminal.write('', resolve));
  return { ...contentOf(terminal), moments: seen, code, raw };
}

/** A line of headers: words in capitals, with three spaces between the columns. */
const HEADERS = /^ *[A-Z][A-Z-]*(?: [A-Z-]+)*(?: {3,}[A-Z][A-Z-]*(?: [A-Z-]+)*)+$/;
const GAP = / {3}/;

function contentOf(terminal: InstanceType<typeof xterm.Terminal>): Pick<Screen, 'text' | 'wrappedRows'> {
  const { active } = terminal.buffer;
  const lines: string[] = [];
  const wrappedRows: string[] = [];
  let isTable = false;
  let whole = '';
  for (let index = 0; index < active.length; index++) {
    const line = active.getLine(index);
    const goesOn = active.getLine(index + 1)?.isWrapped === true;
    lines.push(line?.translateToString(true) ?? '');
    whole += line?.translateToString(!goesOn) ?? '';
    if (goesOn) continue;
    // Below the headers are rows, as far as there are gaps between columns. Notes follow without an empty line.
    isTable = HEADERS.test(whole) || (isTable && GAP.test(whole.trimStart()));
    if (isTable && line?.isWrapped === true) wrappedRows.push(whole);
    whole = '';
  }
  return { text: lines.join('\n').trimEnd(), wrappedRows };
}
