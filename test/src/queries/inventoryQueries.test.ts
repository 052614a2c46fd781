import { expect, test } from 'vitest';
import { withInventoryLast } from '../../../src/queries/inventoryQueries.js';
import type { Queries } from '../../../src/queries/queries.js';

/** Queries that tell whether they run as inventory. */
function queriesUnder(isLast: () => boolean): Queries {
  const query = async () => isLast();
  const group = { clients: query, client: query, page: query };
  const found = { inventory: group, check: group };
  return new Proxy(found, {
    get: (known, name) => (name in known ? known[name as keyof typeof known] : query),
    ownKeys: () => [
      'inventory',
      'readFleet',
      'check',
      'health',
      'offboardingDryRun',
      'revocationDryRun',
      'preflight',
      'planRotation',
    ],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  }) as unknown as Queries;
}

test('queries for overviews come last; those of which runs share the reads do not', async () => {
  let depth = 0;
  const queries = withInventoryLast(
    queriesUnder(() => depth > 0),
    async (work) => {
      depth += 1;
      return work().finally(() => (depth -= 1));
    },
  );
  const ask = (query: unknown) => (query as () => Promise<boolean>)();
  const { inventory, readFleet, check, preflight, planRotation, ...others } = queries;
  const { health, offboardingDryRun, revocationDryRun } = others;
  const last = [
    ...Object.values(inventory),
    readFleet,
    ...Object.values(check),
    health,
    offboardingDryRun,
    revocationDryRun,
  ];
  expect(last).toHaveLength(8);
  for (const query of last) expect(await ask(query)).toBe(true);
  for (const query of [preflight, planRotation]) expect(await ask(query)).toBe(false);
});
