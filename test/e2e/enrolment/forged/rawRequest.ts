import { once } from 'node:events';
import { connect } from 'node:net';

/** A request as it goes over the wire, also one that no HTTP client would send. */
export interface RawRequest {
  readonly method: string;
  /** The request line's target, as it is. */
  readonly path: string;
  /** In this order, also twice. `host` and the body's length are added. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  /** 0 if the connection ended without an answer. */
  readonly status: number;
  /** The header `content-type`; empty without one. */
  readonly type: string;
  readonly text: string;
}

/** Sends a request on a connection of its own, and reads the answer to its end. */
export async function sendRaw(url: string, { method, path, headers, body = '' }: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const bytes = Buffer.from(body);
  const all = [
    ['host', `${hostname}:${port}`],
    ['connection', 'close'],
    ...headers,
    ...(bytes.length > 0 || method === 'POST' ? [['content-length', String(bytes.length)]] : []),
  ];
  const head = [`${method} ${path} HTTP/1.1`, ...all.map((pair) => pair.join(': ')), '', ''].join('\r\n');
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A host that refuses a head may end the connection while it is still being sent.
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([Buffer.from(head), bytes]));
  await once(socket, 'close');
  return readAnswer(Buffer.concat(chunks).toString('latin1'));
}

function readAnswer(answer: string): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const head = answer.slice(0, Math.max(end, 0));
  const rest = answer.slice(end + 4);
  const header = (name: string) => new RegExp(`^${name}: *(.*?)\r?$`, 'im').exec(head)?.[1] ?? '';
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    type: header('content-type'),
    text: Buffer.from(header('transfer-encoding') === 'chunked' ? unchunked(rest) : rest, 'latin1').toString('utf8'),
  };
}

/** @param text a character for each byte. Source: RFC 9112, section 7.1. */
function unchunked(text: string): string {
  let joined = '';
  for (let rest = text; ;) {
    const [line = ''] = rest.split('\r\n', 1);
    const size = Number.parseInt(line, 16);
    if (!(size > 0)) return joined;
    const start = line.length + 2;
    joined += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}
