import { request } from 'node:http';
import { z } from 'zod';
import { within } from '../../watchdog.js';
import { wholeAnswer } from '../../wholeAnswer.js';

/** The address of IoT Edge's security daemon for its modules: `unix:///path`, or http. */
export interface Workload {
  uri: string;
  moduleId: string;
  generation: string;
  apiVersion: string;
}

const LARGEST_ANSWER = 1024 * 1024;
const TIMEOUT = 30_000;
const signed = z.object({ digest: z.string().min(1) });
const bundle = z.object({ certificate: z.string().min(1) });

/**
 * Lets the daemon sign data with the module's key (iotedge workload API, "Sign").
 * @returns base64
 */
export async function signWithDaemon(workload: Workload, data: string): Promise<string> {
  const { moduleId, generation } = workload;
  const path = `/modules/${encodeURIComponent(moduleId)}/genid/${encodeURIComponent(generation)}/sign`;
  const body = { keyId: 'primary', algo: 'HMACSHA256', data: Buffer.from(data).toString('base64') };
  return signed.parse(await call(workload, 'POST', path, body)).digest;
}

/** Reads the certificates, in PEM, that verify the device's edge hub (iotedge workload API, "TrustBundle"). */
export async function trustBundle(workload: Workload): Promise<string> {
  const { certificate } = bundle.parse(await call(workload, 'GET', '/trust-bundle'));
  // The API's document says base64; its implementation returns PEM.
  return certificate.includes('-----BEGIN') ? certificate : Buffer.from(certificate, 'base64').toString('utf8');
}

async function call(
  { uri, apiVersion }: Workload,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const url = new URL(uri);
  const target =
    url.protocol === 'unix:'
      ? { socketPath: url.pathname }
      : { host: url.hostname, port: url.port === '' ? 80 : url.port };
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = await within(TIMEOUT, new AbortController().signal, (ending) => {
    const sent = request({
      ...target,
      method,
      path: `${path}?api-version=${encodeURIComponent(apiVersion)}`,
      agent: false,
      signal: ending,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    });
    return wholeAnswer(sent, text, LARGEST_ANSWER);
  });
  if (answer.status !== 200) throw new WorkloadRefused(answer.status);
  return JSON.parse(answer.text);
}

/** The daemon refused a request. */
class WorkloadRefused extends Error {
  override name = 'WorkloadRefused';
  readonly code: string;

  constructor(status: number) {
    super(`the security daemon answered ${status}`);
    this.code = `WORKLOAD_${status}`;
  }
}
