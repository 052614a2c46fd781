import { z } from 'zod';
import { problemDetails } from './problemDetails.js';

/* Schema of the answer about join tokens. Import types only (see answers.ts). */

export const issuedEnrolments = z
  .object({
    enrolments: z
      .array(
        z
          .object({
            key: z.string().describe("the client's key in paths, as in `GET /clients/{key}`"),
            registry: z.string(),
            connectedRegistry: z.string(),
            client: z.string(),
            joinToken: z.string().describe('for the device; it is shown only here').exactOptional(),
            expiresAt: z.iso.datetime().exactOptional(),
            problem: problemDetails.describe('why there is no join token for this client').exactOptional(),
          })
          .readonly(),
      )
      .readonly()
      .describe(
        'one entry for each client, in the order of the request, with `joinToken` and `expiresAt`, or with `problem`',
      ),
  })
  .readonly()
  .describe('Join tokens.');
/** The answer to `POST /api/enrolments`. */
export type IssuedEnrolments = z.infer<typeof issuedEnrolments>;
