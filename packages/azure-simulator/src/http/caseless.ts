import { z } from 'zod';
import { memberOf } from '@connected-registry/protocol/registry/armEnumerations';

/** Schema of an enumeration that ignores case and returns the member's own spelling. */
export const caseless = <const T extends string>(values: readonly [T, ...T[]]) =>
  z.string().transform((text, context): T => {
    const value = memberOf(values, text);
    if (value === undefined) context.addIssue({ code: 'custom', message: `must be one of ${values.join(', ')}` });
    return value ?? values[0];
  });
