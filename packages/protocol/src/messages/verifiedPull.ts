import { z } from 'zod';

export const verifiedPull = z
  .object({
    image: z.string().describe('empty when an earlier run pulled it and its name was too long to be noted'),
    digest: z.string(),
    bytes: z.number(),
    milliseconds: z.number(),
    verifiedAt: z.iso.datetime(),
  })
  .readonly()
  .describe('What the device pulled when the credential was verified.');
/** The pull that verified the credential. Times are ISO 8601. */
export type VerifiedPull = z.infer<typeof verifiedPull>;
