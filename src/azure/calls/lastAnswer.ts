import { AsyncLocalStorage } from 'node:async_hooks';
import { httpStatus, requestId, type RequestId, type ServiceCode } from '../../serviceErrors/serviceFacts.js';
import { codesIn } from './codesIn.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** Of a pipeline's answer in the Azure SDKs, what is used here. */
interface Response {
  readonly status?: number;
  readonly headers?: { get?(name: string): string | undefined | null };
  readonly bodyAsText?: string | null;
}

/** What was noted of the last answer of a call. */
export interface Answered {
  status?: number;
  requestId?: RequestId;
  codes?: readonly ServiceCode[];
}

const calls = new AsyncLocalStorage<Answered>();

/** Runs a call, and notes the last answer that {@link lastAnswerPolicy} sees in it. */
export function watchingAnswers<T>(call: (answered: Answered) => Promise<T>): Promise<T> {
  const answered: Answered = {};
  return calls.run(answered, () => call(answered));
}

/**
 * For a client's additionalPolicies. SDKs put what a failed asynchronous operation, or an answer of another form, says into
 * the text of an error that has no fields: here status, codes and request id are taken off the answer itself.
 */
export const lastAnswerPolicy = {
  name: 'lastAnswer',
  async sendRequest<Request, Answer extends Response>(
    request: Request,
    next: (request: Request) => Promise<Answer>,
  ): Promise<Answer> {
    const answered = calls.getStore();
    // What was before says nothing of a request that gets no answer.
    if (answered) forget(answered);
    const response = await next(request);
    if (answered) note(answered, response);
    return response;
  },
};

function forget(answered: Answered): void {
  delete answered.status;
  delete answered.requestId;
  delete answered.codes;
}

function note(answered: Answered, { status, headers, bodyAsText }: Response): void {
  const [known, id] = [httpStatus(status), requestId(headers?.get?.('x-ms-request-id'))];
  if (known !== undefined) answered.status = known;
  if (id !== undefined) answered.requestId = id;
  const body = bodyAsText ?? '';
  // An answer that says what failed is short; a page of a listing is not read twice.
  if (body.includes('"code"') && body.length < LONGEST_ERROR) answered.codes = codesIn(parseJson(body));
}

/** Characters. */
const LONGEST_ERROR = 65_536;
