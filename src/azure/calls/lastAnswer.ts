import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { httpStatus, requestId, type RequestId, type ServiceCode } from '../../serviceErrors/serviceFacts.js';
import { codesIn } from './codesIn.js';
import { parseJson } from '@connected-registry/protocol/json/parseJson';

/** The used part of an answer. */
type NotedAnswer = Pick<PipelineResponse, 'status' | 'headers' | 'bodyAsText'>;

/** The noted facts of the last answer in a call. */
export interface Answered {
  status?: number;
  requestId?: RequestId;
  codes?: readonly ServiceCode[];
}

const calls = new AsyncLocalStorage<Answered>();

/** Runs a call, and notes the last answer that {@link lastAnswerPolicy} sees during it. */
export function watchingAnswers<T>(call: (answered: Answered) => Promise<T>): Promise<T> {
  const answered: Answered = {};
  return calls.run(answered, () => call(answered));
}

/**
 * A pipeline policy for a client's additionalPolicies. For a failed asynchronous operation, or an answer of an
 * unexpected form, SDKs throw an error that has its facts in its text only. This policy takes status, codes and request
 * id from the answer.
 */
export const lastAnswerPolicy = {
  name: 'lastAnswer',
  async sendRequest<Request, Answer extends NotedAnswer>(
    request: Request,
    next: (request: Request) => Promise<Answer>,
  ): Promise<Answer> {
    const answered = calls.getStore();
    // A request that gets no answer must not keep the facts of the previous one.
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

function note(answered: Answered, { status, headers, bodyAsText }: NotedAnswer): void {
  const [known, id] = [httpStatus(status), requestId(headers.get('x-ms-request-id'))];
  if (known !== undefined) answered.status = known;
  if (id !== undefined) answered.requestId = id;
  const body = bodyAsText ?? '';
  // An error body is short; a long page of a listing is not parsed a second time.
  if (body.includes('"code"') && body.length < LONGEST_ERROR) answered.codes = codesIn(parseJson(body));
}

/** Maximum characters of a body that is searched for codes. */
const LONGEST_ERROR = 65_536;
