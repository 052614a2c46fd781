import { COMMANDS, GROUPS } from '../commands/commands.js';
import type { Command } from '../program/command.js';
import { EXIT_MEANINGS } from '../program/exitCodes.js';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS } from '../program/globalOptions.js';
import { ENVIRONMENT } from '../program/help.js';
import { flagName, type OptionSpecs } from '../program/optionSpecs.js';

/** The reference part of docs/cli.md, made from the definitions of the commands. */
function referencePage(): string {
  const alone = COMMANDS.filter(({ name }) => !name.includes(' '));
  const groups = Object.entries(GROUPS).map(([group, summary]) => [
    `### crctl ${group}`,
    `${capital(summary)}.`,
    ...COMMANDS.filter(({ name }) => name.startsWith(`${group} `)).map((command) => commandPart(command, '####')),
  ]);
  return [
    '## Global options',
    optionTable(OUTPUT_OPTIONS),
    'Commands that talk to the app also have:',
    optionTable(CONNECTION_OPTIONS),
    '## Environment',
    table(
      ['variable', 'meaning'],
      ENVIRONMENT.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]),
    ),
    '## Commands',
    ...alone.map((command) => commandPart(command, '###')),
    ...groups.flat(),
  ].join('\n\n');
}

function commandPart({ name, summary, description, args, options, examples }: Command, heading: string): string {
  const synopsis = args.map(({ name: text, optional, repeats }) => {
    const form = `${text}${repeats ? '...' : ''}`;
    return optional ? `[${form}]` : form;
  });
  return [
    `${heading} crctl ${name}`,
    `${capital(summary)}. ${description ?? ''}`.trim(),
    ...(args.length === 0
      ? []
      : [
          table(
            ['argument', 'meaning'],
            args.map((one) => [`\`${one.name}\``, escaped(one.help)]),
          ),
        ]),
    ...(Object.keys(options).length === 0 ? [] : [optionTable(options)]),
    `\`\`\`sh\n${[
      ['crctl', name, ...synopsis, ...(Object.keys(options).length === 0 ? [] : ['[OPTIONS]'])].join(' '),
      ...examples.map(({ text, line }) => `\n# ${text}\n${line}`),
    ].join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function optionTable(options: OptionSpecs): string {
  return table(
    ['option', 'meaning'],
    Object.entries(options).map(([name, spec]) => [
      `\`${spec.short ? `-${spec.short}, ` : ''}--${flagName(name)}${spec.kind === 'flag' ? '' : ` ${spec.value}`}\``,
      escaped(spec.help),
    ]),
  );
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return [headers, headers.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '&lt;');
const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** The line of docs/cli.md above which people write, and below which `npm run cli-docs` does. */
const MARK = '<!-- What follows is written by `npm run cli-docs`. -->';

/** @param document docs/cli.md as it is @returns the same with the reference as it has to be, before it is formatted */
export function withReference(document: string): string {
  const at = document.indexOf(MARK);
  if (at === -1) throw new Error(`docs/cli.md has no line ${MARK}`);
  return `${document.slice(0, at)}${MARK}\n\n${referencePage()}\n`;
}
