import type { CommandDescription } from '../program/command.js';
import { flagName, type OptionSpec, type OptionSpecs } from '../program/optionSpecs.js';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS } from '../program/globalOptions.js';

export type Shell = 'bash' | 'zsh' | 'fish' | 'powershell';

/** What may follow some words: other words, flags, and values of flags. */
interface Place {
  /** `''`, `ops`, `ops list`. */
  readonly path: string;
  readonly words: readonly string[];
  readonly flags: readonly string[];
}

/** A script for a shell, made from the definitions of the commands. It starts no program while somebody types. */
export function completionScript(shell: Shell, commands: readonly CommandDescription[]): string {
  const places = placesOf(commands);
  const values = valuesOf(commands);
  switch (shell) {
    case 'bash':
      return bash(places, values);
    case 'zsh':
      return `autoload -Uz bashcompinit && bashcompinit\n${bash(places, values)}`;
    case 'fish':
      return fish(places, values);
    case 'powershell':
      return powershell(places, values);
  }
}

const GLOBALS: OptionSpecs = { ...OUTPUT_OPTIONS, ...CONNECTION_OPTIONS };

function placesOf(commands: readonly CommandDescription[]): Place[] {
  const paths = new Set(['', ...commands.flatMap(({ name }) => prefixesOf(name))]);
  return [...paths].map((path) => {
    const command = commands.find(({ name }) => name === path);
    const depth = path === '' ? 0 : path.split(' ').length;
    const below = commands.filter(({ name }) => path === '' || name.startsWith(`${path} `));
    const words = new Set(below.flatMap(({ name }) => name.split(' ')[depth] ?? []));
    const choices = command?.args.flatMap((argument) => argument.choices ?? []) ?? [];
    return {
      path,
      words: [...words, ...choices],
      flags: [...flagsOf(command?.options ?? {}), ...flagsOf(GLOBALS), '--help'],
    };
  });
}

function prefixesOf(name: string): string[] {
  const words = name.split(' ');
  return words.map((_, index) => words.slice(0, index + 1).join(' '));
}

const flagsOf = (options: OptionSpecs): string[] => Object.keys(options).map((name) => `--${flagName(name)}`);

/** Words that flags take, by flag. Flags of one name have the same words in all commands, or all of them. */
function valuesOf(commands: readonly CommandDescription[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const options of [GLOBALS, ...commands.map((one) => one.options)])
    for (const [name, spec] of Object.entries(options))
      for (const choice of choicesOf(spec))
        for (const flag of [`--${flagName(name)}`, ...(spec.short ? [`-${spec.short}`] : [])])
          found.set(flag, (found.get(flag) ?? new Set()).add(choice));
  return new Map([...found].map(([flag, words]) => [flag, [...words]]));
}

function choicesOf(spec: OptionSpec): readonly string[] {
  return 'choices' in spec && spec.choices ? spec.choices : [];
}

type Values = ReturnType<typeof valuesOf>;

function bash(places: readonly Place[], values: Values): string {
  const ofFlags = [...values].map(([flag, words]) => `    ${flag}) words='${words.join(' ')}' ;;`);
  const ofPlaces = places.map(
    ({ path, words, flags }) => `      '${path}') words='${words.join(' ')}' flags='${flags.join(' ')}' ;;`,
  );
  const known = places.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  return `# Completion of crctl for bash. Made by \`crctl completion bash\`.
_crctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before='' path='' words='' flags='' word
  ((COMP_CWORD > 0)) && before="\${COMP_WORDS[COMP_CWORD - 1]}"
  case "$before" in
${ofFlags.join('\n')}
  esac
  if [[ -z $words ]]; then
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
      case "\${path:+$path }$word" in
        ${known.join(' | ')}) path="\${path:+$path }$word" ;;
      esac
    done
    case "$path" in
${ofPlaces.join('\n')}
    esac
    [[ $current == -* ]] && words="$flags"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _crctl crctl
`;
}

function fish(places: readonly Place[], values: Values): string {
  const conditions = places.map(({ path, words, flags }) => {
    const condition = `__crctl_at '${path}'`;
    return [
      ...words.map((word) => `complete -c crctl -f -n "${condition}" -a '${word}'`),
      ...flags.map((flag) => {
        const choices = values.get(flag);
        const given = choices ? ` -x -a '${choices.join(' ')}'` : '';
        return `complete -c crctl -n "${condition}" -l '${flag.slice(2)}'${given}`;
      }),
    ].join('\n');
  });
  return `# Completion of crctl for fish. Made by \`crctl completion fish\`.
function __crctl_at
  set -l path
  for word in (commandline -opc)[2..-1]
    contains -- (string join ' ' $path $word) ${places.map(({ path }) => `'${path}'`).join(' ')}; and set path $path $word
  end
  test (string join ' ' $path) = "$argv[1]"
end
${conditions.join('\n')}
`;
}

function powershell(places: readonly Place[], values: Values): string {
  const list = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ');
  const ofFlags = [...values].map(([flag, words]) => `    '${flag}' = @(${list(words)})`);
  const ofPlaces = places.map(({ path, words, flags }) => `    '${path}' = @(${list([...words, ...flags])})`);
  return `# Completion of crctl for PowerShell. Made by \`crctl completion powershell\`.
Register-ArgumentCompleter -Native -CommandName crctl -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $values = @{
${caseless(ofFlags).join('\n')}
  }
  $places = @{
${ofPlaces.join('\n')}
  }
  $given = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -ne '' -and $given.Count -gt 0) { $given = @($given | Select-Object -SkipLast 1) }
  $before = if ($given.Count -gt 0) { $given[-1] } else { '' }
  $path = ''
  foreach ($word in $given) {
    $next = ("$path $word").Trim()
    if ($places.ContainsKey($next)) { $path = $next }
  }
  $words = if ($values.ContainsKey($before)) { $values[$before] } else { $places[$path] }
  $words | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

/** Keys of a hashtable of PowerShell ignore case: the first of two that differ in case only counts. */
function caseless(lines: readonly string[]): string[] {
  const seen = new Set<string>();
  return lines.filter((line) => {
    const key = line.split('=')[0]?.toLowerCase() ?? '';
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
