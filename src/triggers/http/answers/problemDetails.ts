import { z } from 'zod';
import { ANSWER_CODES, type AnswerCode } from '@connected-registry/protocol/answers/codes';
import { operationStatus } from '@connected-registry/protocol/answers/answers';

const codes = Object.keys(ANSWER_CODES) as AnswerCode[];

export const fieldError = z
  .object({ field: z.string(), message: z.string(), fix: z.string().describe('how it must look') })
  .readonly()
  .describe('A field that is wrong, what is wrong with it, and how it must look.');
/** One field that is wrong, what is wrong with it, and how it must look. */
export type FieldError = z.infer<typeof fieldError>;

export const problemDetails = z
  .object({
    type: z.string().describe('a URN that ends with the code; it names the kind of problem and leads nowhere'),
    status: z.int().min(400).max(599),
    code: z.enum(codes).describe('stable'),
    title: z.string(),
    detail: z.string(),
    errors: z.array(fieldError).readonly().exactOptional(),
    running: z.string().describe('the operation that is in progress').exactOptional(),
    current: z.string().describe("the operation that has taken this one's place").exactOptional(),
    near: z
      .array(z.object({ registry: z.string(), connectedRegistry: z.string(), client: z.string() }).readonly())
      .readonly()
      .describe('known clients of like names; absent where they could not be looked up')
      .exactOptional(),
    operationStatus: operationStatus.describe('how the operation ended').exactOptional(),
  })
  .readonly()
  .describe('A problem as RFC 9457 has it.');
/** A problem answer's body, as RFC 9457 has it. */
export type ProblemDetails = z.infer<typeof problemDetails>;

const client = { registry: z.string(), connectedRegistry: z.string(), client: z.string() };

export const startedOperations = z
  .object({
    operations: z
      .array(
        z
          .object({
            ...client,
            id: z.string().describe('the operation, where one was started or attached to').exactOptional(),
            status: z.literal('running').exactOptional(),
            problem: problemDetails.describe('why none was, for this client alone').exactOptional(),
          })
          .readonly(),
      )
      .readonly()
      .describe('one for each client, in the order of the request: with `id` and `status`, or with `problem`'),
  })
  .readonly()
  .describe('What became of each client of a request that names several.');

export const checkStarted = z
  .object({
    id: z.string().describe('the operation; absent where nothing knows any of the clients').exactOptional(),
    status: z.literal('running').exactOptional(),
    operations: startedOperations
      .unwrap()
      .shape.operations.describe(
        'one for each client that was named: one run checks them all, so that all have its id, but for those with a `problem`',
      ),
  })
  .readonly()
  .describe('A check that is under way, or why there is none.');
export type CheckStarted = z.infer<typeof checkStarted>;
