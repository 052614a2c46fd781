import { request } from 'node:https';
import { join } from 'node:path';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { readRegularFile } from '../regularFile.js';
import { within } from '../watchdog.js';
import { wholeAnswer } from '../wholeAnswer.js';
import type { WholeAnswer } from '../wholeAnswer.js';

/**
 * How a pod reaches and authenticates to its API server (Kubernetes docs: tasks/run-application/access-api-from-pod).
 */
export interface KubernetesSettings {
  /** https, from KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  url: string;
  /** Folder with `token`, `ca.crt` and `namespace`. */
  accountFolder: string;
  /** Maximum milliseconds to wait for an answer. */
  timeout: number;
}

const LARGEST_ANSWER = 4 * 1024 * 1024;

/**
 * Calls the cluster's API with the pod's service account. The token and CA are read for each call, because the kubelet
 * replaces them.
 * @throws the reason why there is no answer
 */
export async function callKubernetes(
  { url, accountFolder, timeout }: KubernetesSettings,
  { method, path, type, body }: { method: 'GET' | 'POST' | 'PATCH'; path: string; type?: string; body?: unknown },
  signal: AbortSignal,
): Promise<WholeAnswer> {
  const [token, ca] = await Promise.all([
    readRegularFile(join(accountFolder, 'token')),
    readRegularFile(join(accountFolder, 'ca.crt')),
  ]);
  seenSecrets.remember(token.trim());
  const text = body === undefined ? undefined : JSON.stringify(body);
  return within(timeout, signal, (ending) => {
    const sent = request(`${url}${path}`, {
      method,
      ca,
      agent: false,
      signal: ending,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.trim()}`,
        ...(text !== undefined && {
          'content-type': type ?? 'application/json',
          'content-length': String(Buffer.byteLength(text)),
        }),
      },
    });
    return wholeAnswer(sent, text, LARGEST_ANSWER);
  });
}
