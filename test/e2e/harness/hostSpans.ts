import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A span of the Functions host itself. */
export interface HostSpan {
  readonly name: string;
  /** 32 and 16 hexadecimal digits, as W3C Trace Context writes them. */
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
  /** Texts among its attributes, such as the request's path. */
  readonly texts: readonly string[];
}

/** Takes the host's own spans by OTLP over HTTP, in protobuf: .NET's exporter knows no JSON. */
export class HostSpans {
  readonly spans: HostSpan[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<HostSpans> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
        if (request.url === '/v1/traces') found.spans.push(...spansOf(plain));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    const found = new HostSpans(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return found;
  }

  /** Settings that have the host send its spans here (OpenTelemetry's own, and Azure docs: functions-opentelemetry). */
  get settings(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_BSP_SCHEDULE_DELAY: '500',
    };
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** Numbers of fields in opentelemetry/proto: collector/trace/v1, trace/v1 and common/v1. */
const SPANS = [1, 2, 2];
const [TRACE, SPAN, PARENT, NAME, ATTRIBUTES] = [1, 2, 4, 5, 9];
const [VALUE, STRING] = [2, 1];

function spansOf(message: Buffer): HostSpan[] {
  let found = [message];
  for (const field of SPANS) found = found.flatMap((one) => fieldsOf(one, field));
  return found.map((span) => {
    const hex = (field: number): string => fieldsOf(span, field)[0]?.toString('hex') ?? '';
    return {
      name: fieldsOf(span, NAME)[0]?.toString('utf8') ?? '',
      trace: hex(TRACE),
      span: hex(SPAN),
      parent: hex(PARENT),
      texts: fieldsOf(span, ATTRIBUTES)
        .flatMap((attribute) => fieldsOf(attribute, VALUE))
        .flatMap((value) => fieldsOf(value, STRING))
        .map((text) => text.toString('utf8')),
    };
  });
}

/** The contents of a message's fields of one number, of those that have a length (protobuf.dev, "Encoding"). */
function fieldsOf(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (tag >>> 3 === wanted) found.push(message.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`A field of protobuf has no type ${tag & 7}.`);
    }
  }
  return found;
}
