import { snapshot } from './snapshot.js';
import type { Snapshot } from './snapshot.js';

/** Where the synced state comes from. Throws {@link SyncFailure}, whose message may be logged. */
export type SyncSource = (lastGeneration: string | undefined) => Promise<Snapshot>;

export class SyncFailure extends Error {
  override name = 'SyncFailure';
}

export interface ControlPlane {
  /** Base address of the control plane, without a trailing slash. */
  url: string;
  registry: string;
  connectedRegistry: string;
  syncToken: { name: string; password: string };
  /** Longest wait for an answer, in milliseconds. */
  timeout?: number;
}

/**
 * Syncs from the control plane stand-in over a protocol of this project's own: what a connected registry and the service
 * really say to each other is not public. Authenticated by the sync token, as the real one is.
 */
export function controlPlaneSource(plane: ControlPlane): SyncSource {
  const url = `${plane.url}/gateway/${encodeURIComponent(plane.registry)}/${encodeURIComponent(plane.connectedRegistry)}/sync`;
  const basic = Buffer.from(`${plane.syncToken.name}:${plane.syncToken.password}`).toString('base64');
  return async (lastGeneration) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
      body: JSON.stringify({ lastGeneration }),
      signal: AbortSignal.timeout(plane.timeout ?? 10_000),
    }).catch((error: unknown) => {
      throw new SyncFailure(`no connection to the control plane (${connectionCode(error)})`);
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SyncFailure(refusal(response.status));
    }
    const parsed = snapshot.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new SyncFailure(`the control plane's answer cannot be read (${where || 'not JSON'})`);
  };
}

function refusal(status: number): string {
  if (status === 401) return 'the control plane refuses the sync token (401)';
  if (status === 403) return 'the connected registry is inactive or its sync token disabled (403)';
  return `the control plane answered ${status}`;
}

function connectionCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const cause: unknown = error.cause;
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.name;
}
