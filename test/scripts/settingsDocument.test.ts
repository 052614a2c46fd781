import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { settingsSchema } from '../../src/settings/settingsSchema.js';

/** Set by the platform, never by people. */
const PLATFORM = ['WEBSITE_AUTH_ENABLED'];
/** Read before the schema, as another way to give PROFILES. */
const ALTERNATIVES = ['PROFILES_FILE'];

interface Row {
  readonly name: string;
  readonly byDefault: string;
  readonly allowed: string;
}

/** The rows of all tables of docs/settings.md, one for each setting. */
function documentedRows(): Row[] {
  return readFileSync(join(projectRoot(), 'docs/settings.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, name = '', byDefault = '', allowed = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { name: name.replaceAll('`', ''), byDefault, allowed };
    });
}

const published = z
  .object({
    required: z.array(z.string()),
    properties: z.record(
      z.string(),
      z.object({
        minimum: z.number().optional(),
        maximum: z.number().optional(),
        enum: z.array(z.string()).optional(),
        default: z.union([z.string(), z.number()]).optional(),
      }),
    ),
  })
  .parse(z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }));

/** The default as people write it; schemas with a transformation tell theirs only by parsing nothing. */
function schemaDefault(name: keyof typeof settingsSchema.shape): string {
  if (published.required.includes(name)) return 'required';
  const parsed: unknown = settingsSchema.shape[name].parse(undefined);
  const text = published.properties[name]?.default ?? (typeof parsed === 'string' ? parsed : '');
  return text === '' ? 'none' : `\`${text}\``;
}

/** Bounds or choices as people write them; undefined where the schema publishes neither. */
function schemaBounds(name: string): string | undefined {
  const { minimum, maximum, enum: choices } = published.properties[name] ?? {};
  return minimum === undefined ? choices?.map((choice) => `\`${choice}\``).join(', ') : `${minimum} to ${maximum}`;
}

const NAMES = settingsSchema.keyof().options.filter((name) => !PLATFORM.includes(name));
const rows = documentedRows();

describe('the tables of docs/settings.md', () => {
  test('name every setting of the schema once, and no other', () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual([...NAMES, ...ALTERNATIVES].toSorted());
  });

  test.each(NAMES)('have the default of %s', (name) => {
    expect(rows.find((row) => row.name === name)?.byDefault).toBe(schemaDefault(name));
  });

  test.each(NAMES)('have the bounds or choices of %s, and no others', (name) => {
    const allowed = rows.find((row) => row.name === name)?.allowed ?? '';
    const claimed = /^\d+ to \d+$|^(`\w+`, )+`\w+`$/.test(allowed) ? allowed : undefined;
    expect(claimed).toBe(schemaBounds(name));
  });
});
