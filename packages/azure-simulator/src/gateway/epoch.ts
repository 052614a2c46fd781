import type { ConnectedRegistry } from '../state/registryState.js';

declare module '../state/registryState.js' {
  interface ConnectedRegistry {
    /** Set by an activation and by a resync: earlier deliveries no longer count, and everything is delivered again. */
    completeSince?: string;
  }
}

/** Identifies a period. A connected registry whose last sync was in another period gets everything. */
export function epochOf({ completeSince }: ConnectedRegistry): string {
  return completeSince ?? '';
}

/** Makes the next sync deliver everything. */
export function withNewEpoch(connected: ConnectedRegistry, now: Date): ConnectedRegistry {
  return { ...connected, completeSince: now.toISOString() };
}
