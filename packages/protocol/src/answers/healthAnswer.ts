import { z } from 'zod';

/* Schema of the answer of `GET /api/health`. Import types only (see answers.ts). */

const RIGHT_STATES = ['given', 'missing', 'unreachable', 'unknown'] as const;

export const triedRight = z
  .object({
    right: z.string().describe("Azure's name of the right, for instance `Microsoft.ContainerRegistry/registries/read`"),
    on: z.string().describe('the resource'),
    state: z
      .enum(RIGHT_STATES)
      .describe(
        '`given`: a harmless read went through; `missing`: it was refused; `unreachable`: the service could not be asked; `unknown`: only a write could tell, and none was sent',
      ),
    reason: z.string().describe('what came back').exactOptional(),
    fix: z.string().describe('what gives the right, where it is missing').exactOptional(),
  })
  .readonly()
  .describe('One right that the app needs, and whether it has it.');
export type TriedRight = z.infer<typeof triedRight>;

export const healthAnswer = z
  .object({
    state: z
      .enum(['ok', 'faulty'])
      .describe('`faulty` where a right is missing or a service cannot be reached; what is unknown does not count'),
    rights: z.array(triedRight).readonly(),
  })
  .readonly()
  .describe("What the app's identity may do, as tried just now.");
export type HealthAnswer = z.infer<typeof healthAnswer>;
