import { Agent, request } from 'node:https';

/** An answer with its parsed body; as text if it is not JSON. */
export interface HttpsAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export interface HttpsCall {
  method?: string;
  headers?: Record<string, string>;
  /** Text is sent unchanged, other values as JSON. */
  body?: unknown;
}

/** Sends one request. */
export type HttpsJson = (url: string, call?: HttpsCall) => Promise<HttpsAnswer>;

const TIMEOUT = 15_000;

/**
 * An https client that trusts `ca` (PEM). Node reads NODE_EXTRA_CA_CERTS when a process starts, so the process that
 * creates the CA cannot use it, and `fetch` accepts no CA.
 */
export function httpsJson(ca: string): HttpsJson {
  const agent = new Agent({ ca, keepAlive: true });
  return (url, call = {}) =>
    new Promise((resolve, reject) => {
      const isText = typeof call.body === 'string';
      const content =
        typeof call.body === 'string' ? call.body : call.body === undefined ? undefined : JSON.stringify(call.body);
      const outgoing = request(
        url,
        {
          agent,
          method: call.method ?? 'GET',
          headers: {
            ...(content === undefined ? {} : { 'content-length': String(Buffer.byteLength(content)) }),
            ...(content === undefined || isText ? {} : { 'content-type': 'application/json' }),
            ...call.headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.once('error', reject);
          answer.once('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: parse(Buffer.concat(chunks).toString('utf8')),
            }),
          );
        },
      );
      outgoing.setTimeout(TIMEOUT, () => outgoing.destroy(new Error(`${url} did not answer in ${TIMEOUT / 1000} s.`)));
      outgoing.once('error', reject);
      outgoing.end(content);
    });
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
