import { COMMANDS, GROUPS } from '../commands/commands.js';
import type { Connection } from '../connection/connection.js';
import { plainLine } from '../output/plain.js';
import { render } from '../output/render.js';
import type { Command, CommandContext } from './command.js';
import { CommandError } from './commandError.js';
import { EXIT, type ExitCode } from './exitCodes.js';
import type { ConnectionOptions } from './globalOptions.js';
import { parseCommandLine } from './parser.js';
import { shellWord } from './shellWord.js';
import type { World } from './world.js';

/** Columns of help where there is no terminal. */
const HELP_COLUMNS = 100;

/**
 * Runs one command line. Data goes to stdout, words to stderr.
 * @returns the exit code
 */
export async function run(argv: readonly string[], world: World): Promise<ExitCode> {
  const parsed = await parseCommandLine(argv, COMMANDS, GROUPS, {
    out: (text) => world.stdout.write(text),
    err: (text) => world.stderr.write(text),
    columns: (world.stdout.isTTY === true && world.stdout.columns) || HELP_COLUMNS,
  });
  // With this flag code 2 says that there are changes, which a mistyped line must not.
  if (parsed.kind === 'over')
    return parsed.code === EXIT.usage && argv.includes('--detailed-exitcode') ? EXIT.failed : parsed.code;
  const { command, args, options, globals } = parsed;
  let opened: Connection | undefined;
  const context = contextOf(globals, world, (connection) => (opened = connection));
  try {
    if (globals.query !== undefined) (await import('../output/query.js')).checkQuery(globals.query);
    const output = await command.run(context, { args, options });
    const notes = await render(output, globals, world);
    for (const note of [...notes, ...(output.notes ?? [])]) world.stderr.write(`${plainLine(note)}\n`);
    return output.exit ?? EXIT.done;
  } catch (error) {
    return explain(
      error,
      world,
      opened?.api.hasSent === true ? goesOn(context.again, command) : 'Nothing was started.',
    );
  }
}

function contextOf(globals: ConnectionOptions, world: World, note: (connection: Connection) => void): CommandContext {
  let connection: Promise<Connection> | undefined;
  return {
    world,
    globals,
    connect: () =>
      (connection ??= open(globals, world).then((made) => {
        note(made);
        return made;
      })),
    again: againLine(globals),
    commands: COMMANDS,
    isWatched: world.stderr.isTTY === true && world.env['TERM'] !== 'dumb',
  };
}

async function open(globals: ConnectionOptions, world: World): Promise<Connection> {
  const [{ choosePlace }, { signInBy }, { Api }] = await Promise.all([
    import('../connection/choosePlace.js'),
    import('../connection/signIn.js'),
    import('../api/api.js'),
  ]);
  const place = choosePlace(globals, world);
  return { place, api: new Api(place.url, signInBy(place.auth, world), world, againLine(globals)) };
}

/** The key itself is never a flag, so nothing secret is repeated. */
function againLine({ local, url, context, keyFile, scope }: ConnectionOptions): string {
  const flags: readonly (readonly [string, string | undefined])[] = [
    ['--url', url],
    ['--context', context],
    ['--key-file', keyFile],
    ['--scope', scope],
  ];
  const given = flags.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${shellWord(value)}`]));
  return ['crctl', ...(local ? ['--local'] : []), ...given].join(' ');
}

/** How to look, once something was sent that the app may have accepted. */
function goesOn(again: string, { shownBy = 'ops list' }: Pick<Command, 'shownBy'>): string {
  return shownBy === null
    ? 'Whether the app has carried it out is unknown: repeat the command.'
    : `What the app has accepted goes on: \`${again} ${shownBy}\` shows it.`;
}

/** @param sent what to say about what was sent, after Ctrl-C */
function explain(error: unknown, world: World, sent: string): ExitCode {
  if (error instanceof CommandError) {
    world.stderr.write(`crctl: ${plainLine(error.message)}\n`);
    for (const line of error.details) world.stderr.write(`  ${indented(line)}\n`);
    return error.code;
  }
  if (world.interrupted.aborted) {
    world.stderr.write(`crctl: interrupted. ${sent}\n`);
    return EXIT.interrupted;
  }
  throw error;
}

/** Lines of a problem may be indented by spaces of ours. */
function indented(line: string): string {
  const [, spaces = '', text = ''] = /^( *)([^]*)$/.exec(line) ?? [];
  return spaces + plainLine(text);
}
