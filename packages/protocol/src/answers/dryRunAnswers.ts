import { z } from 'zod';
import { checkWarning } from './clientAnswers.js';
import { PROBLEM_CODES } from './codes.js';

export const problemFound = z
  .object({
    code: z.enum(PROBLEM_CODES),
    field: z.string().describe('the field of the request that it is about').exactOptional(),
    message: z.string(),
    fix: z.string().describe('the command, setting or field that mends it'),
    unknown: z
      .literal(true)
      .describe('something could not be read, and is neither taken for good nor for bad: the run goes on')
      .exactOptional(),
  })
  .readonly()
  .describe(
    'Something about a request that must be changed first, by a field of the request or by a command; or, `unknown`, something that nobody could tell.',
  );
/** A problem that must be solved first, by a field of the request or by a command. */
export type Problem = z.infer<typeof problemFound>;

export const plannedWrite = z
  .object({
    step: z.string(),
    action: z.string(),
    resource: z.string(),
    client: z.string().describe('whose it is, where a request names several').exactOptional(),
  })
  .readonly()
  .describe('One change that the run would make, in words, by the step that makes it.');
/** One change that the onboarding would make: a description, and the request to the service. */
export type PlannedWrite = z.infer<typeof plannedWrite>;

export const dryRunAnswer = z
  .object({
    problems: z
      .array(problemFound)
      .readonly()
      .describe('what must be changed first; with any that is not `unknown`, the run is refused'),
    writes: z.array(plannedWrite).readonly().describe('every change, in order; none when all is as asked for'),
    adopts: z.array(z.string()).readonly().describe('what exists already and is used as it is'),
    warnings: z
      .array(checkWarning)
      .readonly()
      .describe('of an onboarding: other clients whose names differ in case alone; absent without any')
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
    problems: z
      .array(problemFound)
      .readonly()
      .describe('what must be changed first; with any that is not `unknown`, the run is refused'),
    writes: z.array(plannedWrite).readonly().describe('every change, in order'),
    outage: z.string().describe('of an urgent rotation: how long the client cannot pull, and why').exactOptional(),
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
