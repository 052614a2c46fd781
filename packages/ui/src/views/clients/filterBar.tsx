import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { whole } from '../../format/numbers.js';
import { plainText } from '../../format/plainText.js';
import type { Query } from '../../routing/address.js';
import { setQuery } from '../../routing/location.js';
import { FILTER_PARAMETERS, type ClientFilters } from './clientFilters.js';
import { STATES, STATE_MEANINGS } from './clientStates.js';

/** Search, and what is chosen. Everything is in the address. */
export function FilterBar({
  all,
  filters,
  query,
}: {
  readonly all: readonly InventoryRow[];
  readonly filters: ClientFilters;
  readonly query: Query;
}): JSX.Element {
  const places = useMemo(() => placesOf(all), [all]);
  const isFiltered = FILTER_PARAMETERS.some((name) => query[name] !== undefined);
  return (
    <div class="filters" role="search" aria-label="Clients">
      <input
        type="search"
        aria-label="Search names"
        placeholder="Search names"
        autocomplete="off"
        spellcheck={false}
        value={query['q'] ?? ''}
        onInput={(event) => setQuery({ q: event.currentTarget.value }, 'replace')}
      />
      <Choice
        label="Connected registry"
        value={placeName(filters.registry, filters.connectedRegistry)}
        options={[
          ['', 'All connected registries'],
          ...places.map((place): [string, string] => [place, plainText(place.replace('/', ' › '))]),
        ]}
        onChange={(place) => {
          const [registry, connectedRegistry] = place.split('/');
          setQuery({ registry, connectedRegistry }, 'push');
        }}
      />
      <Choice
        label="Expiry"
        value={filters.expiresDays === undefined ? '' : String(filters.expiresDays)}
        options={[
          ['', 'Any expiry'],
          ['7', 'Expires in 7 days'],
          ['14', 'Expires in 14 days'],
          ['30', 'Expires in 30 days'],
        ]}
        onChange={(expires) => setQuery({ expires }, 'push')}
      />
      <Choice
        label="Last run"
        value={filters.run ?? ''}
        options={[
          ['', 'Any last run'],
          ['running', 'Running'],
          ['failed', 'Failed'],
          ['rolledBack', 'Rolled back'],
          ['completed', 'Completed'],
        ]}
        onChange={(run) => setQuery({ run }, 'push')}
      />
      {isFiltered && (
        <button
          type="button"
          class="plain"
          onClick={() => setQuery(Object.fromEntries(FILTER_PARAMETERS.map((name) => [name, undefined])), 'push')}
        >
          Clear filters
        </button>
      )}
      <StateChips all={all} filters={filters} />
      <OtherFilters filters={filters} />
    </div>
  );
}

/** One button a state that there is, with the number of its clients. */
function StateChips({
  all,
  filters: { states },
}: {
  readonly all: readonly InventoryRow[];
  readonly filters: ClientFilters;
}): JSX.Element {
  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const { state } of all) found.set(state, (found.get(state) ?? 0) + 1);
    return found;
  }, [all]);
  return (
    <div class="chips" role="group" aria-label="States">
      {STATES.filter((state) => counts.has(state) || states.has(state)).map((state) => (
        <button
          key={state}
          type="button"
          class="chip"
          title={STATE_MEANINGS[state]}
          aria-pressed={states.has(state)}
          onClick={() => {
            const chosen = STATES.filter((one) => states.has(one) !== (one === state));
            setQuery({ state: chosen.join(',') }, 'push');
          }}
        >
          {state} <span class="quiet">{whole(counts.get(state) ?? 0)}</span>
        </button>
      ))}
    </div>
  );
}

/** What a link of another view chose and no field above shows: a button for each takes it back. */
function OtherFilters({ filters: { isDue, kind, code } }: { readonly filters: ClientFilters }): JSX.Element {
  const others: (readonly [string, string])[] = [];
  if (isDue) others.push(['due', 'rotation due']);
  if (kind !== undefined) others.push(['kind', `last run: ${kind}`]);
  if (code !== undefined) others.push(['code', `code: ${code}`]);
  return (
    <>
      {others.map(([name, text]) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed="true"
          title="Remove this filter"
          onClick={() => setQuery({ [name]: undefined }, 'push')}
        >
          {plainText(text)} <span aria-hidden="true">×</span>
        </button>
      ))}
    </>
  );
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}): JSX.Element {
  // What an address names and the fleet has not is shown nevertheless: it is what is chosen.
  const isKnown = options.some(([option]) => option === value);
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {!isKnown && <option value={value}>{plainText(value)}</option>}
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

function placeName(registry: string | undefined, connectedRegistry: string | undefined): string {
  return registry === undefined && connectedRegistry === undefined
    ? ''
    : `${registry ?? ''}/${connectedRegistry ?? ''}`;
}

function placesOf(all: readonly InventoryRow[]): string[] {
  return [...new Set(all.map(({ registry, connectedRegistry }) => `${registry}/${connectedRegistry}`))].sort(
    (one, other) => one.localeCompare(other, 'en', { numeric: true }),
  );
}
