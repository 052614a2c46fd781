import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { CertificateFiles } from '@connected-registry/azure-simulator/tls/certificates';

const envelope = z.object({
  name: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  data: z.object({ baseType: z.string(), baseData: z.looseObject({}) }),
});
export type Envelope = z.infer<typeof envelope>;

const metricData = z.object({
  metrics: z.array(
    z.object({ name: z.string(), value: z.number(), min: z.number().optional(), max: z.number().optional() }),
  ),
  properties: z.record(z.string(), z.string()).default({}),
});
const dependency = z.object({ name: z.string(), success: z.boolean() });

/** A local receiver of Application Insights' telemetry. The exporters require https. */
export class Ingestion {
  readonly envelopes: Envelope[] = [];
  private constructor(private readonly server: Server) {}

  static async start({ certFile, keyFile }: CertificateFiles): Promise<Ingestion> {
    const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const server = createServer(tls, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
        const items = z.array(envelope).parse(JSON.parse(text));
        ingestion.envelopes.push(...items);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ itemsReceived: items.length, itemsAccepted: items.length, errors: [] }));
      });
    });
    const ingestion = new Ingestion(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return ingestion;
  }

  get connectionString(): string {
    const url = `https://localhost:${(this.server.address() as AddressInfo).port}/`;
    return `InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=${url};LiveEndpoint=${url}`;
  }

  /** Every metric that came, by name. */
  metrics(): {
    name: string;
    value: number;
    min?: number | undefined;
    max?: number | undefined;
    properties: Record<string, string>;
  }[] {
    return this.envelopes
      .filter(({ data }) => data.baseType === 'MetricData')
      .flatMap(({ data }) => {
        const { metrics, properties } = metricData.parse(data.baseData);
        return metrics.map((metric) => ({ ...metric, properties }));
      });
  }

  /** Every call of a service that came, with the trace that it belongs to. */
  calls(): { name: string; success: boolean; trace: string | undefined; parent: string | undefined }[] {
    return this.envelopes
      .filter(({ data }) => data.baseType === 'RemoteDependencyData')
      .map(({ data, tags }) => ({
        ...dependency.parse(data.baseData),
        trace: tags['ai.operation.id'],
        parent: tags['ai.operation.parentId'],
      }));
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
