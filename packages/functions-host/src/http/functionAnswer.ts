/**
 * The answer of a function as the real host's web server sends it. Where that server goes wrong without a word, so does
 * the answer, with a warning that says what to change.
 */
import { sameName, valueNamed } from '../caseInsensitive.js';
import type { HostLog } from '../log/log.js';
import type { Quirks } from '../log/quirks.js';
import type { RpcHttpData } from '../worker/app.js';
import { empty, type Answer } from './answer.js';
import { setCookie } from './cookies.js';

type Headers = Record<string, string | readonly string[]>;
type Whole = Answer & { readonly headers: Headers; readonly body: Buffer };

/** Where the function and its host report. */
export interface AnswerReports {
  readonly functionName: string;
  readonly log: HostLog;
  readonly quirks: Quirks;
}

/**
 * Converts a function's result.
 * @throws QuirkError in strict mode, if the real host would break the answer
 */
export function functionAnswer(http: RpcHttpData, reports: AnswerReports): Answer {
  const headers: Headers = {};
  try {
    for (const [name, value] of Object.entries(http.headers ?? {})) add(headers, name, value);
    const cookies = (http.cookies ?? []).map(setCookie);
    for (const cookie of cookies) add(headers, 'set-cookie', cookie);
  } catch (error) {
    reports.log.error(error instanceof Error ? error.message : String(error), { functionName: reports.functionName });
    return empty(500, headers);
  }
  const bytes = http.body?.bytes;
  const body = bytes === undefined || bytes === null ? Buffer.alloc(0) : Buffer.from(bytes);
  const answer = { status: Number(http.statusCode ?? 200), headers, body };
  return framed(http.enableContentNegotiation === true ? negotiated(answer) : answer, reports);
}

/**
 * Adds a value. The server accepts printable ASCII and tabs.
 * @throws RangeError for other characters; the answer is then a 500 with the headers that came before
 */
function add(headers: Headers, name: string, value: string): void {
  if (!/^[\t\x20-\x7e]*$/.test(value))
    throw new RangeError(`the header '${name}' holds a character that is not printable ASCII: encode it`);
  if (sameName(name, 'content-type') && value === '') return;
  const before = headers[name];
  headers[name] = before === undefined ? value : [...[before].flat(), value];
}

/**
 * With content negotiation the real host passes the bytes to ASP.NET Core's formatters. Only the JSON formatter accepts
 * bytes, and writes them as base64 text. Other content types have no formatter: 406.
 */
function negotiated(answer: Whole): Whole {
  const type = answer.headers['content-type'];
  if (typeof type === 'string' && !/json/i.test(type)) return { ...answer, status: 406, body: Buffer.alloc(0) };
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(JSON.stringify(answer.body.toString('base64'))),
  };
}

/** What becomes of an answer whose own framing headers are not those of its body. */
function framed(answer: Whole, { functionName, quirks }: AnswerReports): Answer {
  const { 'content-length': _, ...others } = answer.headers;
  const plain = { ...answer, headers: others };
  if (valueNamed(Object.entries(answer.headers), 'transfer-encoding') !== undefined) {
    quirks.report(
      `function '${functionName}' sets the header transfer-encoding, so its caller waits for ever: the body is sent without chunks. Omit the header`,
      { functionName },
    );
    return { ...plain, breaks: 'open' };
  }
  const declared = valueNamed(Object.entries(answer.headers), 'content-length');
  if (declared === undefined) return answer;
  if (answer.status === 204 || answer.status === 304) return plain;
  const length = Number(declared);
  if (length === answer.body.length) return answer;
  const isTooShort = !(length > answer.body.length);
  quirks.report(
    `function '${functionName}' sets content-length to ${String(declared)}, but its body has ${answer.body.length} bytes: ${isTooShort ? 'the answer is a 500 without a body' : 'the connection breaks after the body'}. Omit the header`,
    { functionName },
    `content-length of ${functionName}`,
  );
  return isTooShort ? empty(500, others) : { ...answer, breaks: 'cut' };
}
