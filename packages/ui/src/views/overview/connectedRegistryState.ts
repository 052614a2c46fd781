import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';
import type { Tone } from '../../parts/bar.js';

/** How a connected registry is, in one word with its tone. What is unknown is called unknown. */
export function stateOf({
  activation,
  connectionState,
}: Pick<FleetConnectedRegistry, 'activation' | 'connectionState'>): { readonly word: string; readonly tone: Tone } {
  if (activation === 'Inactive') return { word: 'not activated', tone: 'quiet' };
  switch (connectionState) {
    case 'Online':
      return { word: 'online', tone: 'good' };
    case 'Syncing':
      return { word: 'syncing', tone: 'busy' };
    case 'Offline':
      return { word: 'offline', tone: 'bad' };
    case 'Unhealthy':
      return { word: 'unhealthy', tone: 'warn' };
    default:
      return { word: 'unknown', tone: 'quiet' };
  }
}

const ORDER: readonly Tone[] = ['bad', 'warn', 'busy', 'quiet', 'good'];

/** What needs a look first: by state, then by name. */
export function worstFirst(all: readonly FleetConnectedRegistry[]): FleetConnectedRegistry[] {
  const rank = (one: FleetConnectedRegistry) => ORDER.indexOf(stateOf(one).tone);
  return [...all].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      one.registry.localeCompare(other.registry) ||
      one.name.localeCompare(other.name, 'en', { numeric: true }),
  );
}

/** How full its client list is: from 95 % on it is worth a look. */
export function fillTone({ clients, cap }: Pick<FleetConnectedRegistry, 'clients' | 'cap'>): Tone {
  if (clients >= cap) return 'bad';
  return clients >= cap * 0.95 ? 'warn' : 'busy';
}
