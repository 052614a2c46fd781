import { isAbsolute } from 'node:path';
import { z } from 'zod';

/**
 * Maximum bytes of the folder's path. The name of a socket in it must fit into an address of the kernel, which has 108
 * (unix(7)).
 */
const MAX_FOLDER = 80;

export const joinFolder = z
  .string()
  .refine((path) => isAbsolute(path) && !path.endsWith('/') && Buffer.byteLength(path) <= MAX_FOLDER, {
    error: `must be an absolute path of at most ${MAX_FOLDER} bytes`,
  })
  .default('/var/lib/connected-registry-device');

/** Settings of a device with keys for which its hub vouches. */
export const hubFolderVariables = z.object({ JOIN_FOLDER: joinFolder });

/** Settings of a device that has joined. */
export const joinedVariables = z.object({
  JOIN_FOLDER: joinFolder,
  KEY_RENEWAL_DAYS: z.coerce
    .number()
    .min(1)
    .max(365)
    .default(30)
    .transform((days) => days * 86_400_000),
});
