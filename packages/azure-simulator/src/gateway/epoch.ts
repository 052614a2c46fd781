import type { ConnectedRegistry } from '../state/registryState.js';

declare module '../state/registryState.js' {
  interface ConnectedRegistry {
    /** Set by an activation and by a resync: what was delivered before no longer counts, everything is brought anew. */
    completeSince?: string;
  }
}

/** Names the span within which messages add up; a connected registry from another one is brought everything. */
export function epochOf({ completeSince }: ConnectedRegistry): string {
  return completeSince ?? '';
}

/** From now on the next sync brings everything. */
export function withNewEpoch(connected: ConnectedRegistry, now: Date): ConnectedRegistry {
  return { ...connected, completeSince: now.toISOString() };
}
