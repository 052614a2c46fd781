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
