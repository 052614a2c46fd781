import { z } from 'zod';

/* Schema of the answer of `GET /api/health`. Import types only (see answers.ts). */

const RIGHT_STATES = ['given', 'missing', 'unreachable', 'unknown'] as const;

export const triedRight = z
  .object({
    right: z.string().describe("Azure's name of the right, for instance `Microsoft.ContainerRegistry/registries/read`"),
    on: z.string().describe('the resource'),
    identity: z
      .string()
      .describe('client id of the identity that needs the right, if `ARM_IDENTITIES` gives the app several')
      .exactOptional(),
    state: z
      .enum(RIGHT_STATES)
      .describe(
        '`given`: a harmless read succeeded; `missing`: it was refused; `unreachable`: the service did not answer; `unknown`: only a write could tell, and none was sent',
      ),
    reason: z.string().describe('what came back').exactOptional(),
    fix: z.string().describe('how to grant the right, if it is missing').exactOptional(),
  })
  .readonly()
  .describe('One right that the app needs, and whether it has it.');
export type TriedRight = z.infer<typeof triedRight>;

export const healthAnswer = z
  .object({
    state: z
      .enum(['ok', 'faulty'])
      .describe('`faulty` if a right is missing or a service cannot be reached; unknown rights do not count'),
    rights: z.array(triedRight).readonly(),
  })
  .readonly()
  .describe("The rights of the app's identities, as just tested.");
export type HealthAnswer = z.infer<typeof healthAnswer>;
