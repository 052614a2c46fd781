import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { OnboardClient } from '../../actions/onboardClient.js';
import type { Inventory } from '../../data/inventory.js';
import { whole } from '../../format/numbers.js';
import { useInventory } from '../../layout/fleet.js';
import { Heading } from '../../layout/heading.js';
import type { View, ViewProps } from '../../layout/view.js';
import { download } from '../../parts/download.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { useNow } from '../../parts/time.js';
import type { Query } from '../../routing/address.js';
import { setQuery } from '../../routing/location.js';
import { clientsCsv } from './clientCsv.js';
import { filtersOf, selected } from './clientFilters.js';
import { DEFAULT_SORT, knownSort, sorted } from './clientOrder.js';
import { ClientTable } from './clientTable.js';
import { FilterBar } from './filterBar.js';

function Clients({ query }: ViewProps): JSX.Element {
  const inventory = useInventory();
  return (
    <>
      <Heading aside={<Freshness of={inventory} />}>Clients</Heading>
      <Shown of={inventory} what="Clients" hasAgeElsewhere>
        {(all) => <Selection all={all} query={query} />}
      </Shown>
    </>
  );
}

function Selection({ all, query }: { readonly all: Inventory; readonly query: Query }): JSX.Element {
  const now = useNow(30_000);
  const filters = useMemo(() => filtersOf(query), [query]);
  const sort = knownSort(query['sort']);
  const ordered = useMemo(() => sorted(all, sort), [all, sort]);
  const rows = useMemo(() => selected(ordered, filters, now), [ordered, filters, now]);
  return (
    <>
      <FilterBar all={all} filters={filters} query={query} />
      <div class="line">
        <p role="status">
          {rows.length === all.length
            ? `${whole(all.length)} clients`
            : `${whole(rows.length)} of ${whole(all.length)} clients`}
        </p>
        <span class="grow" />
        <OnboardClient />
        <button
          type="button"
          class="button second"
          disabled={rows.length === 0}
          onClick={() => download('clients.csv', 'text/csv', clientsCsv(rows))}
        >
          Download CSV
        </button>
      </div>
      {rows.length === 0 ? (
        <p class="card quiet">
          {all.length === 0 ? 'No client has been onboarded.' : 'No client matches the filters.'}
        </p>
      ) : (
        <ClientTable
          rows={rows}
          now={now}
          sort={sort}
          onSort={(to) => setQuery({ sort: to === DEFAULT_SORT ? undefined : to }, 'replace')}
        />
      )}
    </>
  );
}

export const clientsView: View = { path: '/clients', nav: 'Clients', title: () => 'Clients', component: Clients };
