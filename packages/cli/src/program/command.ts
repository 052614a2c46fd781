import type { Connection } from '../connection/connection.js';
import type { Output } from '../output/output.js';
import type { ConnectionOptions } from './globalOptions.js';
import type { OptionSpecs, OptionValues } from './optionSpecs.js';
import type { World } from './world.js';

/** A positional argument. */
export interface ArgumentSpec {
  /** In capitals: `CLIENT`. */
  readonly name: string;
  readonly help: string;
  readonly optional?: true;
  /** Only the last one may be repeated. */
  readonly repeats?: true;
  readonly choices?: readonly string[];
}

export interface Example {
  /** A phrase that says what the line does. */
  readonly text: string;
  readonly line: string;
}

/** What a command gets besides its own arguments. */
export interface CommandContext {
  readonly world: World;
  /** The flags that choose the app. */
  readonly globals: ConnectionOptions;
  /** Opens the connection to the app at its first call. */
  connect(): Promise<Connection>;
  /** `crctl` with the flags by which the app was chosen, for lines that a person may type next. */
  readonly again: string;
  /** Every command, for what is made from all of them. */
  readonly commands: readonly CommandDescription[];
  /** Whether progress may be drawn: stderr is a terminal. */
  readonly isWatched: boolean;
}

export interface CommandInput<Options extends OptionSpecs> {
  readonly args: readonly string[];
  readonly options: OptionValues<Options>;
}

/** What each command says about itself. Parser, help, completion and docs/cli.md are made from it. */
export interface CommandDescription {
  /** `clients list`. */
  readonly name: string;
  /** One phrase, without a full stop. */
  readonly summary: string;
  /** Sentences for the help of this command. */
  readonly description?: string;
  readonly args: readonly ArgumentSpec[];
  readonly options: OptionSpecs;
  readonly examples: readonly Example[];
  /** True for commands that talk to the app: they have the flags that choose it. */
  readonly usesApp: boolean;
  /**
   * Command that shows what this one has sent, for the words after Ctrl-C; the default is `ops list`. Null if none
   * does, and repeating this one makes sure.
   */
  readonly shownBy?: string | null;
}

/** A command as the program runs it. */
export interface Command extends CommandDescription {
  run(context: CommandContext, input: CommandInput<OptionSpecs>): Promise<Output>;
}

/** Defines a command. `run` gets its options with the types that their kinds give them. */
export function defineCommand<const Options extends OptionSpecs>(
  command: Omit<CommandDescription, 'options'> & {
    readonly options: Options;
    run(context: CommandContext, input: CommandInput<Options>): Promise<Output>;
  },
): Command {
  // The parser makes values by `options`, so what `run` gets has the types that it was written for.
  return command;
}
