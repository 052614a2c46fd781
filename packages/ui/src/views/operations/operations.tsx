import type { OperationPage } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { absolute } from '../../format/times.js';
import { Heading } from '../../layout/heading.js';
import { EVERY, usePolled, useServices } from '../../layout/services.js';
import type { View, ViewProps } from '../../layout/view.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { Code } from '../../parts/text.js';
import { useNow } from '../../parts/time.js';
import { Pager } from '../../parts/pager.js';
import { setQuery } from '../../routing/location.js';
import {
  KINDS,
  operationFiltersOf,
  operationParameters,
  SPANS,
  STATUSES,
  toggled,
  type OperationFilters,
} from './operationFilters.js';
import { OperationTable } from './operationTable.js';

function Operations({ query }: ViewProps): JSX.Element {
  const filters = operationFiltersOf(query);
  const { continuation } = query;
  const operations = usePolled<OperationPage>('operations', operationParameters(filters, continuation), EVERY.list);
  const now = useNow(10_000);
  const next = operations.value?.continuation;
  return (
    <>
      <Heading aside={<Freshness of={operations} />}>Operations</Heading>
      <FilterBar filters={filters} />
      <Shown of={operations} what="Operations" hasAgeElsewhere>
        {({ operations: all, omitsEarlier }) => (
          <>
            {omitsEarlier === true && (
              <p class="notice warn" role="status">
                More has happened since then than one answer holds: some earlier operations are missing. Choose a later
                time to see all.
              </p>
            )}
            {all.length === 0 ? (
              <p class="card quiet">
                {next === undefined ? 'No operation matches.' : 'No operation of this page matches; more pages follow.'}
              </p>
            ) : (
              <OperationTable caption="Operations, newest first" operations={all} now={now} withClient />
            )}
          </>
        )}
      </Shown>
      <Pager continuation={continuation} next={next} />
    </>
  );
}

/** A continuation is valid with its own filters only. */
function select(change: Readonly<Record<string, string | undefined>>): void {
  setQuery({ ...change, continuation: undefined }, 'push');
}

function FilterBar({ filters: { kind, statuses, code, since } }: { readonly filters: OperationFilters }): JSX.Element {
  const { world } = useServices();
  return (
    <form class="filters" role="search" aria-label="Operations" onSubmit={(event) => event.preventDefault()}>
      <select
        aria-label="Kind"
        value={kind ?? ''}
        onChange={(event) => select({ kind: event.currentTarget.value || undefined })}
      >
        <option value="">all kinds</option>
        {KINDS.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
      <select
        aria-label="Since"
        value={since === undefined ? '' : 'since'}
        onChange={({ currentTarget: { value } }) =>
          select({ since: value === '' ? undefined : new Date(world.now() - Number(value)).toISOString() })
        }
      >
        <option value="">any time</option>
        {since !== undefined && <option value="since">since {absolute(since)}</option>}
        {SPANS.map(([words, length]) => (
          <option key={words} value={length}>
            {words}
          </option>
        ))}
      </select>
      <div class="chips" role="group" aria-label="Status">
        {STATUSES.map((status) => (
          <button
            key={status}
            type="button"
            class="chip"
            aria-pressed={statuses.includes(status)}
            onClick={() => select({ status: toggled(statuses, status) })}
          >
            {status}
          </button>
        ))}
        {code !== undefined && (
          <button type="button" class="chip" aria-pressed="true" onClick={() => select({ code: undefined })}>
            <Code of={code} /> <span aria-hidden="true">×</span>
            <span class="unseen"> remove this code</span>
          </button>
        )}
      </div>
    </form>
  );
}

export const operationsView: View = {
  path: '/operations',
  nav: 'Operations',
  title: () => 'Operations',
  component: Operations,
};
