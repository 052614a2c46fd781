import type { IncomingHttpHeaders } from 'node:http';

/** Values that a hostile service, or a proxy in front of it, can repeat. */
export interface Known {
  readonly body: string;
  readonly authorization: string;
  /** Values that are stored or were made: passwords, and files that hold them. */
  readonly values: readonly string[];
}

export interface Echo {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const STATUSES = [400, 401, 403, 404, 409, 429, 500] as const;

/** The ways of a service to fail. */
export const ECHOES = [
  ...STATUSES,
  '200 cut',
  '200 of other JSON',
  '200 that is a list',
  '302',
  '302 without an address',
  'HTML',
  'HTML as JSON',
  '502 in HTML',
] as const;
export type EchoKind = (typeof ECHOES)[number];

/** An answer that repeats everything in message, code, header and detail. @param base address for a redirect */
export function echo(kind: EchoKind, known: Known, base: string): Echo {
  const values = known.values.filter((value) => value !== '');
  const said = [known.body, known.authorization, ...values].join(' | ');
  // The last is the one that has the form of a code: letters and digits.
  const code = values.at(-1) ?? '';
  const error = {
    code,
    message: `Cannot take ${said}\n    at ${code} (file:///${code}.js:1:1)`,
    target: code,
    details: [{ code, message: said }],
    innererror: { code, message: said, innererror: { code } },
  };
  const headers = {
    'content-type': 'application/json',
    'x-ms-request-id': code,
    'x-ms-correlation-request-id': code,
    'x-ms-client-request-id': code,
    'x-ms-error-code': code,
    'iothub-errorcode': code,
    'retry-after': code,
    'www-authenticate': `Bearer error="${code}", error_description="${code}"`,
    server: code,
  };
  const other = { error, code, message: said, Message: said, detail: said, error_description: said, value: said };
  const json = JSON.stringify({ ...other, error_codes: [code], correlation_id: code, trace_id: code });
  const html = `<html><head><title>${said}</title></head><body>${said}</body></html>`;
  switch (kind) {
    case '200 cut':
      return { status: 200, headers, text: json.slice(0, -7) };
    case '200 of other JSON':
      return { status: 200, headers, text: json };
    case '200 that is a list':
      return { status: 200, headers, text: JSON.stringify([said, error]) };
    case '302':
      return {
        status: 302,
        headers: { ...headers, location: `${base}/elsewhere/${code}?${code}=${code}` },
        text: json,
      };
    case '302 without an address':
      return { status: 302, headers, text: json };
    case 'HTML':
      return { status: 200, headers: { ...headers, 'content-type': 'text/html' }, text: html };
    case 'HTML as JSON':
      return { status: 200, headers, text: html };
    case '502 in HTML':
      return { status: 502, headers: { ...headers, 'content-type': 'text/html' }, text: html };
    default:
      return { status: kind, headers, text: json };
  }
}

/** The forms in which a value could stand in a text. */
export function formsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64');
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), base64, encodeURIComponent(base64)];
}

export function bearerOf(headers: IncomingHttpHeaders): string {
  return (headers.authorization ?? '').replace(/^\w+ /, '');
}
