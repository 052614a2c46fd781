import { z } from 'zod';
import { ANSWER_CODES, type AnswerCode } from './codes.js';
import { operationStatus } from './answers.js';
import { ROLLOUT_STATUSES } from './rolloutAnswers.js';

const codes = Object.keys(ANSWER_CODES) as AnswerCode[];

export const fieldError = z
  .object({
    field: z.string(),
    message: z.string(),
    fix: z.string().describe('how to correct it'),
    row: z
      .int()
      .min(1)
      .describe('of a rollout: the line of the CSV file, where the header is line 1; of JSON, the number of the client')
      .exactOptional(),
    column: z.string().describe('of CSV: name of the column; its number if it has no name').exactOptional(),
  })
  .readonly()
  .describe('An invalid field, what is wrong with it, and how to correct it.');
/** An invalid field, what is wrong with it, and how to correct it. */
export type FieldError = z.infer<typeof fieldError>;

export const problemDetails = z
  .object({
    type: z.string().describe('a URN that ends with the code and identifies the kind of problem; it cannot be opened'),
    status: z.int().min(400).max(599),
    code: z.enum(codes).describe('stable'),
    title: z.string(),
    detail: z.string(),
    errors: z.array(fieldError).readonly().exactOptional(),
    running: z.string().describe('the operation that is in progress').exactOptional(),
    current: z.string().describe('the operation that replaced this one').exactOptional(),
    near: z
      .array(z.object({ registry: z.string(), connectedRegistry: z.string(), client: z.string() }).readonly())
      .readonly()
      .describe('known clients with similar names; absent if they could not be looked up')
      .exactOptional(),
    errorCount: z.int().min(1).describe('of a rollout: number of all errors; `errors` has the first').exactOptional(),
    conflicts: z
      .array(
        z
          .object({
            row: z.int().min(1).describe('as `row` of errors'),
            registry: z.string(),
            connectedRegistry: z.string(),
            client: z.string(),
            rollout: z.string().describe('the rollout that has the client'),
          })
          .readonly(),
      )
      .readonly()
      .describe('clients that are in another rollout; the first 100')
      .exactOptional(),
    rolloutStatus: z.enum(ROLLOUT_STATUSES).exactOptional(),
    operationStatus: operationStatus.describe('how the operation ended').exactOptional(),
    now: z.iso.datetime().describe("the app's time, by which a device with a wrong clock signs again").exactOptional(),
  })
  .readonly()
  .describe('A problem by RFC 9457.');
/** The body of a problem answer, by RFC 9457. */
export type ProblemDetails = z.infer<typeof problemDetails>;

const client = { registry: z.string(), connectedRegistry: z.string(), client: z.string() };

export const startedOperations = z
  .object({
    operations: z
      .array(
        z
          .object({
            ...client,
            id: z.string().describe('the operation that was started or attached to').exactOptional(),
            status: z.literal('running').exactOptional(),
            problem: problemDetails.describe('why no operation was started for this client').exactOptional(),
          })
          .readonly(),
      )
      .readonly()
      .describe('one entry for each client, in the order of the request, with `id` and `status`, or with `problem`'),
  })
  .readonly()
  .describe('The result for each client of a request that names several.');

/** The answer to a request that names several clients. */
export type StartedOperations = z.infer<typeof startedOperations>;

export const checkStarted = z
  .object({
    id: z.string().describe('the operation; absent if all clients are unknown').exactOptional(),
    status: z.literal('running').exactOptional(),
    operations: startedOperations
      .unwrap()
      .shape.operations.describe(
        'one entry for each named client: one run checks them all, so all have its id, except those with a `problem`',
      ),
  })
  .readonly()
  .describe('A running check, or why none was started.');
export type CheckStarted = z.infer<typeof checkStarted>;
