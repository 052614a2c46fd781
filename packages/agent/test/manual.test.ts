import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { pullOutcome } from '@connected-registry/protocol/messages/pullCheckMessages';
import { codeIn, documentTable } from '../../../test/shared/documentTable.js';
import { EXIT_CODES } from '../src/exitCodes.js';
import { CHANNELS } from '../src/settings/channel.js';
import { REFUSAL_CODES } from '../src/joined/joinFailures.js';
import { JOIN_FLAGS, joinFlags } from '../src/settings/join.js';
import { USAGE } from '../src/settings/usage.js';
import { FLAGS, SETTINGS, VARIABLES, VARIABLES_OF_FLAGS } from '../src/settings/command.js';

/*
 * What docs/agent.md says of outcomes, exit codes, channels and settings is compared with what the code exports.
 */

const MANUAL = 'docs/agent.md';
const first = (cell: string) => codeIn(cell)[0] ?? '';

/** Read by Node itself, so that the agent has no schema for it. */
const BY_NODE = ['NODE_EXTRA_CA_CERTS'];
/** Defaults that depend on the machine, so that the document says them in words. */
const IN_WORDS = ['PLATFORM'];

const flagRows = documentTable(MANUAL, 'Settings', ['flag', 'variable', 'default', 'meaning']);
const variableRows = documentTable(MANUAL, 'Settings', ['variable', 'default', 'meaning']);
const documented = [...flagRows, ...variableRows].flatMap(({ variable, default: byDefault }) =>
  variable === '' ? [] : [{ name: first(variable), byDefault }],
);

test('every outcome of a pull check is in the table of outcomes, and no other', () => {
  const rows = documentTable(MANUAL, 'What it does', ['outcome', 'meaning']);
  expect(rows.map(({ outcome }) => first(outcome))).toEqual(pullOutcome.options);
});

test('every exit code is in the table of exit codes, and no other', () => {
  const rows = documentTable(MANUAL, 'Running it', ['exit code', 'when']);
  expect(rows.map((row) => Number(first(row['exit code'])))).toEqual(Object.values(EXIT_CODES));
});

test('every channel is in the table of channels, the default first', () => {
  const rows = documentTable(MANUAL, 'Channels', ['`CHANNEL`', 'for a device that', 'how messages arrive']);
  expect(rows.map((row) => first(row['`CHANNEL`']))).toEqual(CHANNELS);
  expect(rows.map((row) => row['`CHANNEL`'].endsWith('(default)'))).toEqual(
    CHANNELS.map((channel) => channel === SETTINGS['CHANNEL']?.parse(undefined)),
  );
});

describe('the tables of settings', () => {
  test('name every flag of the command line with its variable, and no other', () => {
    const named = flagRows.map(({ flag, variable }) => [first(flag).split(' ')[0], first(variable)]);
    const variables: Readonly<Record<string, string>> = VARIABLES_OF_FLAGS;
    expect(named).toEqual(Object.keys(FLAGS).map((flag) => [`--${flag}`, variables[flag] ?? '']));
  });

  test('say which flags take a value', () => {
    const withValue = flagRows.map(({ flag }) => first(flag).includes(' '));
    expect(withValue).toEqual(Object.values(FLAGS).map(({ type }) => type === 'string'));
  });

  test('name every variable once, and no other', () => {
    expect(documented.map(({ name }) => name).toSorted()).toEqual([...VARIABLES, ...BY_NODE].toSorted());
  });

  test.each(Object.entries(SETTINGS))('have the default of %s', (name, schema) => {
    const { byDefault = '' } = documented.find((row) => row.name === name) ?? {};
    expect(faultOf(name, schema, byDefault)).toBeUndefined();
  });
});

describe('the table of flags of agent join', () => {
  const rows = documentTable(MANUAL, 'A device that joins', ['flag', 'default', 'meaning']);

  test('names every flag, and says which take a value', () => {
    const named = rows.map(({ flag }) => first(flag));
    expect(named.map((flag) => flag.split(' ')[0])).toEqual(Object.keys(JOIN_FLAGS).map((flag) => `--${flag}`));
    expect(named.map((flag) => flag.includes(' '))).toEqual(
      Object.values(JOIN_FLAGS).map(({ type }) => type === 'string'),
    );
  });

  test('has their defaults', () => {
    const defaults = rows.map((row) => first(row.default) || row.default);
    expect(defaults).toEqual(['needed', 'needed', 'JOIN_FOLDER', joinFlags.shape['key-type'].parse(undefined), '', '']);
    expect(joinFlags.shape.folder.parse(undefined)).toBe(SETTINGS['JOIN_FOLDER']?.parse(undefined));
    for (const flag of ['token-file', 'url'] as const) {
      expect(joinFlags.shape[flag].safeParse(undefined).success).toBe(false);
    }
  });

  test('and the usage name them all', () => {
    expect(Object.keys(JOIN_FLAGS).filter((flag) => !USAGE.includes(`--${flag}`))).toEqual([]);
  });
});

test('every refusal that agent join explains is in the table of refusals', () => {
  const rows = documentTable(MANUAL, 'A device that joins', ['the app says', 'what to do']);
  const codes = rows.flatMap((row) => codeIn(row['the app says']));
  expect(codes.toSorted()).toEqual([...REFUSAL_CODES].toSorted());
});

/** What is wrong with a documented default; undefined if nothing is. */
function faultOf(name: string, schema: z.ZodType, byDefault: string): string | undefined {
  const absent = schema.safeParse(undefined);
  if (!absent.success) return byDefault.startsWith('needed') ? undefined : 'the setting is needed';
  const value = /^\d+$/.test(byDefault) ? byDefault : /^`([^`]+)`$/.exec(byDefault)?.[1];
  // A default that is written as a value must be read as the setting is when it is absent.
  if (value !== undefined)
    return isDeepStrictEqual(schema.parse(value), absent.data) ? undefined : `it is ${String(absent.data)}`;
  // An absent text and an empty list need no value; any other default must be written.
  const isEmpty = [undefined, [], new Set()].some((empty) => isDeepStrictEqual(empty, absent.data));
  return isEmpty || IN_WORDS.includes(name) ? undefined : `it is ${String(absent.data)}`;
}
