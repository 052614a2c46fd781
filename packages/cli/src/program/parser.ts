import { Command as Commander, CommanderError, InvalidArgumentError, Option, Argument } from 'commander';
import { VERSION } from '@connected-registry/protocol/names/version';
import type { Command } from './command.js';
import { parseDuration } from './duration.js';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS, type ConnectionOptions, type OutputOptions } from './globalOptions.js';
import { afterHelp } from './help.js';
import { EXIT, type ExitCode } from './exitCodes.js';
import { flagName, type OptionSpec, type OptionSpecs, type OptionValues } from './optionSpecs.js';

const GLOBAL_OPTIONS = { ...OUTPUT_OPTIONS, ...CONNECTION_OPTIONS };

/** What a command line says. */
export type Parsed =
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly args: readonly string[];
      readonly options: OptionValues<OptionSpecs>;
      readonly globals: OutputOptions & ConnectionOptions;
    }
  /** Help, the version, or wrong use: everything is printed. */
  | { readonly kind: 'over'; readonly code: ExitCode };

/** Where the parser prints. */
export interface ParserOutput {
  out(text: string): void;
  err(text: string): void;
  readonly columns: number;
}

/** Reads a command line by the definitions of the commands. */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  groups: Readonly<Record<string, string>>,
  output: ParserOutput,
): Promise<Parsed> {
  let found: Parsed | undefined;
  const program = buildProgram(commands, groups, output, (parsed) => (found = parsed));
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'over', code: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  }
  return found ?? { kind: 'over', code: EXIT.done };
}

/** The commands as commander knows them. Also used for docs/cli.md, which has the help of each. */
export function buildProgram(
  commands: readonly Command[],
  groups: Readonly<Record<string, string>>,
  output: ParserOutput,
  run: (parsed: Parsed) => void,
): Commander {
  const program = configured(new Commander('crctl'), output, 'crctl')
    .description('The command line of connected-registry onboarding: see, start and watch what a fleet needs.')
    .version(VERSION, '-V, --version', 'print the version of crctl')
    .addHelpText('after', afterHelp());
  addOptions(program, GLOBAL_OPTIONS, 'Global options:');
  for (const command of commands) {
    const words = command.name.split(' ');
    const name = words.pop() ?? '';
    const parent = words.length === 0 ? program : groupOf(program, words, groups, output);
    const leaf = configured(parent.command(name), output, `crctl ${command.name}`)
      .summary(command.summary)
      .description(`${sentence(command.summary)}${command.description ? `\n\n${command.description}` : ''}`)
      .addHelpText('after', examplesOf(command));
    for (const { name: text, help, optional, repeats, choices } of command.args) {
      const form = `${text}${repeats ? '...' : ''}`;
      const argument = new Argument(optional ? `[${form}]` : `<${form}>`, help);
      leaf.addArgument(choices ? argument.choices(choices) : argument);
    }
    addOptions(leaf, command.options, 'Options:');
    leaf.action(() =>
      run({
        kind: 'run',
        command,
        args: leaf.args,
        options: valuesOf(leaf, command.options),
        globals: valuesOf(program, GLOBAL_OPTIONS) as unknown as OutputOptions & ConnectionOptions,
      }),
    );
  }
  return program;
}

function configured(command: Commander, output: ParserOutput, name: string): Commander {
  return command
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, helpWidth: output.columns })
    .configureOutput({
      writeOut: (text) => output.out(text),
      writeErr: (text) => output.err(text),
      getOutHelpWidth: () => output.columns,
      getErrHelpWidth: () => output.columns,
      outputError: (text, write) => write(text.replace(/^error: /, 'crctl: ')),
    })
    .showHelpAfterError(`Run ${name} --help for commands and options.`);
}

function groupOf(
  program: Commander,
  words: readonly string[],
  groups: Readonly<Record<string, string>>,
  output: ParserOutput,
): Commander {
  const name = words.join(' ');
  const existing = program.commands.find((one) => one.name() === name);
  if (existing) return existing;
  const summary = groups[name] ?? '';
  return configured(program.command(name), output, `crctl ${name}`).summary(summary).description(sentence(summary));
}

function addOptions(command: Commander, specs: OptionSpecs, heading: string): void {
  command.optionsGroup(heading);
  for (const [name, spec] of Object.entries(specs)) command.addOption(optionOf(name, spec));
}

function optionOf(name: string, spec: OptionSpec): Option {
  const short = spec.short ? `-${spec.short}, ` : '';
  const option = new Option(`${short}--${flagName(name)}${spec.kind === 'flag' ? '' : ` <${spec.value}>`}`, spec.help);
  switch (spec.kind) {
    case 'flag':
      return option;
    case 'text':
      // The help names the choices in its own words.
      return option.argParser((text: string) => chosen(text, spec.choices));
    case 'number':
      return option.argParser((text: string) => {
        if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
        return Number(text);
      });
    case 'duration':
      return option.argParser((text: string) => {
        const seconds = parseDuration(text);
        if (seconds === undefined) throw new InvalidArgumentError('It must be a time span such as 90s, 15m, 2h or 1d.');
        return seconds;
      });
    case 'list':
      return option.argParser((text: string, before: readonly string[] | undefined) => {
        const items = spec.commas === false ? [text] : text.split(',').map((item) => item.trim());
        return [...(before ?? []), ...items.map((item) => chosen(item, spec.choices))];
      });
  }
}

function chosen(text: string, choices: readonly string[] | undefined): string {
  if (choices && !choices.includes(text)) throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.`);
  return text;
}

function valuesOf(command: Commander, specs: OptionSpecs): OptionValues<OptionSpecs> {
  const given: Readonly<Record<string, unknown>> = command.opts();
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, valueOf(name, spec, given)]),
  ) as OptionValues<OptionSpecs>;
}

function valueOf(name: string, { kind }: OptionSpec, given: Readonly<Record<string, unknown>>): unknown {
  // Commander reads --no-color as the opposite of a --color.
  const negated = /^no([A-Z])(.*)$/.exec(name);
  if (negated) return given[`${negated[1]?.toLowerCase()}${negated[2]}`] === false;
  if (kind === 'flag') return given[name] === true;
  return given[name] ?? (kind === 'list' ? [] : undefined);
}

function examplesOf({ examples }: Command): string {
  if (examples.length === 0) return '';
  return `\nExamples:\n${examples.map(({ text, line }) => `  # ${text}\n  ${line}`).join('\n\n')}\n`;
}

function sentence(phrase: string): string {
  return phrase === '' ? '' : `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}
