import { z } from 'zod';
import { checkWarning } from './clientAnswers.js';
import { PROBLEM_CODES } from './codes.js';

export const problemFound = z
  .object({
    code: z.enum(PROBLEM_CODES),
    field: z.string().describe('the field of the request that has the problem').exactOptional(),
    message: z.string(),
    fix: z.string().describe('the command, setting or field that fixes it'),
    unknown: z.literal(true).describe('true if something could not be read; it does not stop the run').exactOptional(),
  })
  .readonly()
  .describe(
    'A problem that must be solved first, by a field of the request or by a command; or, if `unknown`, something that could not be determined.',
  );
/** A problem that must be solved first, by a field of the request or by a command. */
export type Problem = z.infer<typeof problemFound>;

export const plannedWrite = z
  .object({
    step: z.string(),
    action: z.string(),
    resource: z.string(),
    client: z.string().describe('the client, if the request names several').exactOptional(),
  })
  .readonly()
  .describe('One change that the run would make, with the step that makes it.');
/** One change that the onboarding would make: a description, and the request to the service. */
export type PlannedWrite = z.infer<typeof plannedWrite>;

const problems = z
  .array(problemFound)
  .readonly()
  .describe('problems; the run is refused if any of them is not `unknown`');

export const dryRunAnswer = z
  .object({
    problems,
    writes: z.array(plannedWrite).readonly().describe('every change, in order; empty if everything is as requested'),
    adopts: z.array(z.string()).readonly().describe('what exists already and stays unchanged'),
    byHand: z
      .array(z.string())
      .readonly()
      .describe(
        'of an onboarding with a token that others made: what remains to be done by hand; absent if there is nothing',
      )
      .exactOptional(),
    vaults: z
      .array(z.object({ client: z.string(), vault: z.string() }).readonly())
      .readonly()
      .describe("host of the vault for each known client's secrets, in the order of the request; absent in a check")
      .exactOptional(),
    warnings: z
      .array(checkWarning)
      .readonly()
      .describe('of an onboarding: other clients whose names differ only in case; absent if there are none')
      .exactOptional(),
  })
  .readonly()
  .describe('What a run would do.');
/** The answer to a request with `dryRun`. */
export type DryRunAnswer = z.infer<typeof dryRunAnswer>;

export const rotationPlanAnswer = z
  .object({
    registry: z.string(),
    connectedRegistry: z.string(),
    client: z.string(),
    vault: z
      .string()
      .describe("host of the vault for the client's secrets; absent for an unknown client")
      .exactOptional(),
    problems,
    writes: z.array(plannedWrite).readonly().describe('every change, in order'),
    outage: z
      .string()
      .describe('of an urgent rotation: how long the client cannot pull, and the reason')
      .exactOptional(),
  })
  .readonly()
  .describe('What the rotation of one client would do.');

export const rotationDryRunAnswer = z
  .object({
    ...dryRunAnswer.unwrap().shape,
    plans: z.array(rotationPlanAnswer).readonly().describe('the same, client by client'),
  })
  .readonly()
  .describe("What rotations would do, in the request's order.");
/** The answer to a rotation request with `dryRun`. */
export type RotationDryRunAnswer = z.infer<typeof rotationDryRunAnswer>;
