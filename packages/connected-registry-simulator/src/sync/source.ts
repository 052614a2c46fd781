import { delivery } from '@connected-registry/azure-simulator/gateway/messages';
import type { Delivery, SyncRequest } from '@connected-registry/azure-simulator/gateway/messages';

/**
 * The source of the synced state.
 * @throws SyncFailure, whose message may be logged
 */
export type SyncSource = (request: SyncRequest) => Promise<Delivery>;

export class SyncFailure extends Error {
  override name = 'SyncFailure';
}

/** The upstream: the control plane or a parent connected registry, which use the same protocol. */
export interface Upstream {
  /** Base address, without a trailing slash. */
  url: string;
  registry: string;
  connectedRegistry: string;
  syncToken: { name: string; password: string };
  /** Maximum milliseconds to wait for an answer. */
  timeout?: number;
}

/**
 * Syncs with the upstream over a private protocol of this project, because the protocol between a connected registry
 * and the service is not public. It authenticates with the sync token, like the real one.
 */
export function upstreamSource(upstream: Upstream): SyncSource {
  const { registry, connectedRegistry, syncToken } = upstream;
  const url = `${upstream.url}/gateway/${encodeURIComponent(registry)}/${encodeURIComponent(connectedRegistry)}/sync`;
  const basic = Buffer.from(`${syncToken.name}:${syncToken.password}`).toString('base64');
  return async (request) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(upstream.timeout ?? 10_000),
    }).catch((error: unknown) => {
      throw new SyncFailure(`no connection to the control plane (${connectionCode(error)})`);
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SyncFailure(refusal(response.status));
    }
    const parsed = delivery.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new SyncFailure(`the control plane's answer is invalid (${where || 'not JSON'})`);
  };
}

function refusal(status: number): string {
  if (status === 401) return 'the control plane refused the sync token (401)';
  if (status === 403) return 'the connected registry is inactive, or its sync token is disabled (403)';
  return `the control plane answered ${status}`;
}

function connectionCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const cause: unknown = error.cause;
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
