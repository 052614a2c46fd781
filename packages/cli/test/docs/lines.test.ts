import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { COMMANDS, GROUPS } from '../../src/commands/commands.js';
import { parseCommandLine } from '../../src/program/parser.js';

/* Every command line of crctl in the documents, read by crctl itself: flags, words and numbers of arguments. */

const root = projectRoot();
const DOCUMENTS = [
  'README.md',
  'packages/cli/README.md',
  'packages/cli/deploy/published/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Command lines in blocks for a shell, and in code within a text. */
function linesOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = [...text.matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].flatMap(([, block = '']) =>
    block.replaceAll(/\\\n\s*/g, '').split('\n'),
  );
  const spans = [...text.replaceAll(/^ *```[^]*?^ *```$/gm, '').matchAll(/`((?:npx )?crctl [^`]+)`/g)].map(
    ([, span = '']) => span.replaceAll(/\s+/g, ' ').replaceAll('\\|', '|'),
  );
  return [...blocks, ...spans];
}

/** Argument vectors of crctl in a line for a shell: after `npx`, in pipes, after `&&`. */
function commandsIn(line: string): string[][] {
  return line
    .replace(/(^|\s)#.*$/, '')
    .split(/\s(?:\||&&|;)\s|;$/)
    .flatMap((part) => {
      const [, rest] = /(?:^|\s)crctl(?: (.*))?$/.exec(part.trim().replace(/ > \S+$/, '')) ?? [];
      if (rest === undefined) return [];
      return [(rest.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll(/^['"]|['"]$/g, ''))];
    });
}

/** Names of a command in a text, and lines that leave something out. */
const isName = (words: readonly string[]): boolean =>
  words.every((word) => word.startsWith('--')) ||
  COMMANDS.some(({ name }) => name === words.join(' ') || name.startsWith(`${words.join(' ')} `));
const isPattern = (words: readonly string[]): boolean =>
  words.some((word) => /\.\.\.|^\[|^COMMAND$|^OPTIONS$|^SHELL$/.test(word));

const LINES = DOCUMENTS.flatMap((document) =>
  linesOf(document)
    .flatMap(commandsIn)
    .filter((words) => !isName(words) && !isPattern(words))
    .map((words) => [document, words.join(' '), words] as const),
);

test('the documents have command lines', () => {
  expect(LINES.length).toBeGreaterThan(60);
  expect(new Set(LINES.map(([document]) => document)).size).toBeGreaterThan(8);
});

test.each(LINES)('%s: crctl %s', async (_document, _line, words) => {
  const isFed = words[0] === 'rotate' && words.length === 2;
  // After xargs, clients come from stdin.
  const argv = isFed ? [...words, 'CLIENT'] : words;
  let said = '';
  const output = { out: (text: string) => (said += text), err: (text: string) => (said += text), columns: 100 };
  const parsed = await parseCommandLine(argv, COMMANDS, GROUPS, output);
  const isAsked = argv.includes('--help') || argv.includes('--version');
  const isRead = parsed.kind === 'run' || (isAsked && parsed.code === 0);
  // A text may name a flag without its value, and a command without its arguments.
  expect(isRead ? 'read' : said).toMatch(
    /^(?:read$|crctl: (?:missing required argument|option '.+' argument missing))/,
  );
});
