import type { Queries } from './queries.js';

/**
 * Runs work whose requests to services come after those of all other work.
 * @param patience maximum milliseconds that a request waits for its turn; by default as long as a caller of the API
 * waits
 */
export type AsInventory = <T>(work: () => Promise<T>, patience?: number) => Promise<T>;

/**
 * Milliseconds that a request of a reading of the whole fleet waits for its turn. Nobody waits for the reading itself.
 */
const FLEET_PATIENCE = 60_000;

/**
 * The queries, of which those for overviews come last where a service's rate does not allow everything at once. A query
 * within an activity keeps the priority of its run.
 *
 * Preflight, the plan of a rotation and the rotation schedule are not changed: runs share their reads, and would wait
 * as long.
 */
export function withInventoryLast(queries: Queries, asInventory: AsInventory): Queries {
  const { inventory, readFleet, unmanaged, check, health, offboardingDryRun, revocationDryRun } = queries;
  return {
    ...queries,
    inventory: {
      clients: (...query) => asInventory(() => inventory.clients(...query)),
      client: (...query) => asInventory(() => inventory.client(...query)),
    },
    readFleet: (...query) => asInventory(() => readFleet(...query), FLEET_PATIENCE),
    unmanaged: {
      page: (...query) => asInventory(() => unmanaged.page(...query)),
      findings: (...query) => asInventory(() => unmanaged.findings(...query)),
    },
    check: {
      page: (...query) => asInventory(() => check.page(...query)),
      clients: (...query) => asInventory(() => check.clients(...query)),
    },
    health: () => asInventory(health),
    offboardingDryRun: (...query) => asInventory(() => offboardingDryRun(...query)),
    revocationDryRun: (...query) => asInventory(() => revocationDryRun(...query)),
  };
}
