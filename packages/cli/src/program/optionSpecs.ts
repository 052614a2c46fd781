interface OptionBase {
  /** A phrase for the help, without a full stop. */
  readonly help: string;
  /** One letter. */
  readonly short?: string;
}

/** What an option takes. Its name is its key in `options`, in kebab case on the command line. */
export type OptionSpec =
  | (OptionBase & { readonly kind: 'flag' })
  | (OptionBase & { readonly kind: 'text'; readonly value: string; readonly choices?: readonly string[] })
  | (OptionBase & { readonly kind: 'number'; readonly value: string })
  /** A time span such as 90s, 15m, 2h or 1d; its value is in seconds. */
  | (OptionBase & { readonly kind: 'duration'; readonly value: string })
  /** May be repeated, and may hold several values with commas between, unless values may contain commas. */
  | (OptionBase & {
      readonly kind: 'list';
      readonly value: string;
      readonly choices?: readonly string[];
      readonly commas?: false;
    });

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec['kind'] extends 'flag'
  ? boolean
  : Spec['kind'] extends 'text'
    ? string | undefined
    : Spec['kind'] extends 'list'
      ? readonly string[]
      : number | undefined;

/** Parsed options: flags are true or false, lists may be empty, others undefined. */
export type OptionValues<Specs extends OptionSpecs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };

/** `connected-registry` of `connectedRegistry`. */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
