import { z } from 'zod';
import { ANSWER_CODES, type AnswerCode } from '@connected-registry/protocol/answers/codes';
import type { RawAnswer } from './rawRequest.js';

/** What the app says of a request that is not signed as it has to be, by the beginning of its detail. */
const SIGNATURE_FAULTS = {
  malformed: 'Send Authorization: Device with a signature',
  pass: 'The pass was not made by this app',
  'wrong-request': 'The signature is for another method, path or query',
  'wrong-time': "The signature's time differs",
  'wrong-signature': 'The signature does not belong to the key',
  'wrong-body': 'The signature is for another body',
} as const;
type SignatureFault = keyof typeof SIGNATURE_FAULTS;

/**
 * Why a request was refused: what is wrong with its signature, the code of the app's problem, or `host`: no route takes
 * it, or it is no HTTP, so the app has not seen it.
 */
export type Reason = SignatureFault | Exclude<AnswerCode, 'device-signature'> | 'host';

const problem = z.object({
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  type: z.string(),
  title: z.string(),
});

const isAnswerCode = (code: string): code is AnswerCode => Object.hasOwn(ANSWER_CODES, code);

/**
 * Reads a refusal.
 * @throws for what is none, and for one that is not documented
 */
export function reasonOf({ status, type, text }: RawAnswer): Reason {
  const fail = (what: string) => new Error(`${what}: ${status} ${type} ${text.slice(0, 500)}`);
  if (status < 400 || status >= 500) throw fail('Expected a refusal');
  // No answer of the app, whose problems all have a type.
  if (text === '') return 'host';
  if (type !== 'application/problem+json') throw fail('Expected a problem');
  const { code, detail, ...found } = problem.parse(JSON.parse(text));
  if (found.status !== status || !isAnswerCode(code)) throw fail('Expected a documented problem');
  const statuses: readonly number[] = ANSWER_CODES[code].statuses;
  if (!statuses.includes(status)) throw fail('Expected a documented status');
  if (code !== 'device-signature') return code;
  const faults = Object.entries(SIGNATURE_FAULTS) as [SignatureFault, string][];
  const [fault] = faults.find(([, beginning]) => detail.startsWith(beginning)) ?? [];
  if (fault === undefined) throw fail('Expected what is wrong with the signature');
  return fault;
}
