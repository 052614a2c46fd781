/** The headers of a callHttp request, checked as .NET's HttpRequestMessage checks them. */
import { sameName, valueNamed } from '../../caseInsensitive.js';
import type { DurableHttpRequest } from '../replay/actions.js';
import { contentHeaders } from './responseHeaders.js';

/** The request cannot be made. `type` is the .NET exception, with which the activity fails. */
export class HttpRequestFormError extends Error {
  override readonly name = 'HttpRequestFormError';

  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

const token = /^[!#$%&'*+.^_`|~\w-]+$/;
const form = 'application/x-www-form-urlencoded';

/**
 * The headers to send, in order.
 * @param bodyLength bytes of the content; undefined without content
 * @throws HttpRequestFormError
 */
export function requestHeaders(input: DurableHttpRequest, bodyLength: number | undefined): Map<string, string> {
  const headers = new Map<string, string>();
  let contentType = '';
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    if (sameName(name, 'content-type')) {
      contentType = value;
      continue;
    }
    checkHeader(name, value);
    headers.set(name, value);
  }
  if (contentType.includes('multipart'))
    throw new HttpRequestFormError(
      'Microsoft.Azure.WebJobs.Extensions.DurableTask.FunctionFailedException',
      'Multipart content is not supported with CallHttpAsync.',
    );
  if (valueNamed(headers, 'user-agent') === undefined)
    headers.set('User-Agent', 'Microsoft.Azure.WebJobs.Extensions.DurableTask/3.15.0');
  if (bodyLength === undefined) return headers;
  headers.set('Content-Type', contentTypeOf(contentType));
  if (valueNamed(headers, 'transfer-encoding') === undefined) headers.set('Content-Length', String(bodyLength));
  return headers;
}

function checkHeader(name: string, value: string): void {
  if (!token.test(name))
    throw new HttpRequestFormError('System.FormatException', `The header name '${name}' has an invalid format.`);
  if (contentHeaders.has(name.toLowerCase()))
    throw new HttpRequestFormError(
      'System.InvalidOperationException',
      `Misused header name, '${name}'. Make sure request headers are used with HttpRequestMessage, response headers with HttpResponseMessage, and content headers with HttpContent objects.`,
    );
  if (/[\r\n\0]/.test(value))
    throw new HttpRequestFormError(
      'System.FormatException',
      'New-line or NUL characters are not allowed in header values.',
    );
}

/** A media type without parameters. A form gets its charset; no other type can have one. */
function contentTypeOf(given: string): string {
  if (given === '') return 'text/plain';
  if (sameName(given, form)) return `${given}; charset=utf-8`;
  const [type = '', subtype = '', ...more] = given.split('/');
  if (more.length > 0 || !token.test(type) || !token.test(subtype))
    throw new HttpRequestFormError('System.FormatException', `The format of value '${given}' is invalid.`);
  return given;
}
