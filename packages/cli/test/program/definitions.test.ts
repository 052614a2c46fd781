import { describe, expect, test } from 'vitest';
import { COMMANDS, GROUPS } from '../../src/commands/commands.js';
import { CONNECTION_OPTIONS, OUTPUT_OPTIONS } from '../../src/program/globalOptions.js';
import { flagName } from '../../src/program/optionSpecs.js';
import { parseCommandLine } from '../../src/program/parser.js';

test('every command has a name of its own, and its group a summary', () => {
  const names = COMMANDS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(names.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]))).toEqual(
    new Set(Object.keys(GROUPS)),
  );
});

describe.each(COMMANDS.map((command) => [command.name, command] as const))('%s', (_name, command) => {
  test('says what it does in a phrase, and each option too', () => {
    const phrases = [command.summary, ...Object.values(command.options).map(({ help }) => help)];
    for (const phrase of phrases) expect(phrase).toMatch(/^[^ ].*[^.]$/);
  });

  test('has no flag of the global options, and no letter twice', () => {
    const globals = { ...OUTPUT_OPTIONS, ...CONNECTION_OPTIONS };
    expect(Object.keys(command.options).filter((name) => name in globals)).toEqual([]);
    const letters = [...Object.values(command.options), ...Object.values(globals)].flatMap((one) =>
      'short' in one && one.short ? [one.short] : [],
    );
    expect(new Set(letters).size).toBe(letters.length);
  });

  test('has examples that the parser takes', async () => {
    for (const { line } of command.examples)
      for (const part of line.split(/\s*[|>]\s*(?:xargs -r )?/).filter((one) => one.includes('crctl'))) {
        const words = [...part.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
        const argv = words
          .slice(words.findIndex((word) => word.endsWith('crctl')) + 1)
          .map((word) => word.replace(/\)$/, ''));
        // After xargs the names come from the line before. With -r nothing runs if there are none.
        const isFed = line.includes(`xargs -r ${part}`);
        let errors = '';
        const parsed = await parseCommandLine(isFed ? [...argv, 'a/b'] : argv, COMMANDS, GROUPS, {
          out: () => {},
          err: (text) => (errors += text),
          columns: 100,
        });
        expect(errors, line).toBe('');
        expect(parsed.kind, line).toBe('run');
      }
  });

  test('names its flags in words of lower case', () => {
    for (const name of Object.keys(command.options)) expect(flagName(name)).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });
});
