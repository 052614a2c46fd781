import { clearPasswordCommand } from '@connected-registry/protocol/registry/azCommands';
import type { PlanEntry } from './planEntry.js';

/** A password that others made, which keeps working after an adoption until somebody removes it. */
export interface ByHand {
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly client: string;
  readonly token: string;
  readonly slot: string;
  /** What removes it, once no device uses it any more. */
  readonly command: string;
}

type Adopting = Pick<PlanEntry, 'registry' | 'connectedRegistry' | 'client' | 'row' | 'adopts' | 'problems'>;

/** What the adoption of one client leaves to be done by hand. */
export function byHandOf({ registry, connectedRegistry, client, row, adopts, problems }: Adopting): ByHand[] {
  if (row?.adopt !== true || problems !== undefined) return [];
  const { token, working = [] } = adopts ?? {};
  return token === undefined
    ? []
    : working.map((slot) => ({
        registry,
        connectedRegistry,
        client,
        token,
        slot,
        command: clearPasswordCommand({ registry, token, slot }),
      }));
}
