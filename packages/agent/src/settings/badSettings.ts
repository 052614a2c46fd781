import type { z } from 'zod';

/** A flag or variable is missing or invalid. The message names it and does not repeat its value. */
export class BadSettings extends Error {
  override name = 'BadSettings';
}

/**
 * Parses variables, or flags with the prefix `--`.
 * @param names names to use for some values instead, such as the variable that a value came from
 * @throws BadSettings that names every invalid one
 */
export function checked<T>(
  schema: z.ZodType<T>,
  values: unknown,
  prefix = '',
  names: Readonly<Record<string, string>> = {},
): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new BadSettings(
    parsed.error.issues
      .map(({ path, message }) => `${names[path.join('.')] ?? `${prefix}${path.join('.')}`}: ${message}`)
      .join('\n'),
  );
}

/**
 * Parses several parts, so that all invalid settings are named at once.
 * @throws BadSettings
 */
export function allChecked<T extends readonly unknown[]>(...reads: { readonly [K in keyof T]: () => T[K] }): T {
  const wrong: string[] = [];
  const found = reads.map((read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BadSettings)) throw error;
      wrong.push(error.message);
      return undefined;
    }
  });
  // A setting that two parts share is named once.
  if (wrong.length > 0) throw new BadSettings([...new Set(wrong.flatMap((one) => one.split('\n')))].join('\n'));
  return found as unknown as T;
}
