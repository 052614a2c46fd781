import { z } from 'zod';

export const verifiedPull = z
  .object({
    image: z.string().describe('empty if an earlier run pulled it and its name was too long to be stored'),
    digest: z.string(),
    bytes: z.number(),
    milliseconds: z.number(),
    verifiedAt: z.iso.datetime(),
  })
  .readonly()
  .describe("The device's pull that verified the credential.");
/** The pull that verified the credential. Times are ISO 8601. */
export type VerifiedPull = z.infer<typeof verifiedPull>;
