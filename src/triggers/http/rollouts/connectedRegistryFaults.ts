import { sameName } from '@connected-registry/protocol/names/sameName';
import type { RolloutRequest } from '../../../domain/rollouts/rollout.js';
import type { Queries } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { isOnboarding } from './rolloutRows.js';
import type { RowFaults } from './rowFaults.js';

/**
 * Checks the connected registries of onboardings: whether they exist, and have room for the new clients beside those
 * that they have. It reads each registry's list of connected registries, not the clients.
 * @throws ServiceError
 */
export async function checkConnectedRegistries(
  requests: readonly RolloutRequest[],
  config: Pick<Config, 'caps'>,
  { slowFacts }: Pick<Queries, 'slowFacts'>,
  faults: RowFaults,
): Promise<void> {
  const max = config.caps.clientsPerConnectedRegistry;
  for (const [registry, places] of groupsOf([...requests.entries()], ([, one]) => one.registry)) {
    const { connectedRegistries } = await slowFacts(registry);
    for (const [name, rows] of groupsOf(places, ([, one]) => one.connectedRegistry)) {
      const found = connectedRegistries.find((one) => sameName(one.name, name));
      if (!found)
        for (const [index] of rows)
          faults.add(index, {
            field: 'connectedRegistry',
            message: `does not exist in registry ${registry}`,
            fix: 'Name an existing one.',
          });
      else checkRoom(rows, found.clientTokens, max, faults);
    }
  }
}

/** Names each row that the connected registry has no place for. @param bound names of its client tokens */
function checkRoom(
  rows: readonly (readonly [number, RolloutRequest])[],
  bound: readonly string[],
  max: number,
  faults: RowFaults,
): void {
  const tokens = new Set(bound.map((token) => token.toLowerCase()));
  for (const [index, request] of rows) {
    if (!isOnboarding(request) || tokens.has(request.token.toLowerCase())) continue;
    tokens.add(request.token.toLowerCase());
    if (tokens.size <= max) continue;
    faults.add(index, {
      field: 'connectedRegistry',
      message: `has ${bound.length} clients, and would get more than ${max}`,
      fix: 'Send fewer clients for it (CLIENTS_PER_CONNECTED_REGISTRY), or offboard others first.',
    });
  }
}

/** Groups by a name of ARM, which ignores case. */
function groupsOf<Item>(items: readonly Item[], nameOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = nameOf(item).toLowerCase();
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
