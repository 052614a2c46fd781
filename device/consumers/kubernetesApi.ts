import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { createWatchdog } from '../watchdog.js';

/** Where a pod finds its API server and who it is there (Kubernetes docs: tasks/run-application/access-api-from-pod). */
export interface KubernetesSettings {
  /** https, from KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  url: string;
  /** Folder with `token`, `ca.crt` and `namespace`. */
  accountFolder: string;
  /** Longest wait for an answer, in milliseconds. */
  timeout: number;
}

export interface KubernetesAnswer {
  status: number;
  text: string;
}

const LARGEST_ANSWER = 4 * 1024 * 1024;

/**
 * One call of the cluster's API with the pod's service account. Token and CA are read for each call, since the kubelet replaces
 * them. Throws whatever kept the answer away.
 */
export async function callKubernetes(
  { url, accountFolder, timeout }: KubernetesSettings,
  { method, path, type, body }: { method: 'GET' | 'POST' | 'PATCH'; path: string; type?: string; body?: unknown },
  signal: AbortSignal,
): Promise<KubernetesAnswer> {
  const [token, ca] = await Promise.all([
    readFile(join(accountFolder, 'token'), 'utf8'),
    readFile(join(accountFolder, 'ca.crt'), 'utf8'),
  ]);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const watchdog = createWatchdog(timeout, signal);
  return new Promise<KubernetesAnswer>((resolve, reject) => {
    const sent = request(
      `${url}${path}`,
      {
        method,
        ca,
        agent: false,
        signal: watchdog.signal,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token.trim()}`,
          ...(text !== undefined && {
            'content-type': type ?? 'application/json',
            'content-length': String(Buffer.byteLength(text)),
          }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > LARGEST_ANSWER) sent.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    sent.once('error', reject);
    sent.end(text);
  }).finally(() => watchdog.stop());
}
