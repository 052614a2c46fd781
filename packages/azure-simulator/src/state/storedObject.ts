import { z } from 'zod';

/**
 * A schema of an object on disk. It keeps members that it does not name, which a later version of the same format may
 * have written: they must survive a rewrite of the file.
 */
export function storedObject<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodType<z.infer<z.ZodObject<Shape>>> {
  // Its type would allow any member.
  return z.looseObject(shape);
}
