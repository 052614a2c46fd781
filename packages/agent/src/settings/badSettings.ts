import type { z } from 'zod';

/** A flag or variable that is missing or wrong; the message names it and repeats no value. */
export class BadSettings extends Error {
  override name = 'BadSettings';
}

/** Reads variables, or flags with `--` before their names. Throws {@link BadSettings}, naming every one that is wrong. */
export function checked<T>(schema: z.ZodType<T>, values: unknown, prefix = ''): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new BadSettings(
    parsed.error.issues.map((issue) => `${prefix}${issue.path.join('.')}: ${issue.message}`).join('\n'),
  );
}

/** Reads several parts, so that all that is wrong with any of them is named at once. Throws {@link BadSettings}. */
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
  // What two parts have in common is named once.
  if (wrong.length > 0) throw new BadSettings([...new Set(wrong.flatMap((one) => one.split('\n')))].join('\n'));
  return found as unknown as T;
}
