import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Badge, CLIENT_TONES, OPERATION_TONES } from '../../parts/badge.js';
import { Go } from '../../parts/link.js';
import { LongTable, type LongTableColumn } from '../../parts/longTable.js';
import { Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';

const columnsAt = (now: number): readonly LongTableColumn<InventoryRow>[] => [
  {
    id: 'client',
    header: 'Client',
    isSorted: true,
    cell: ({ key, client, registry, connectedRegistry }) => (
      <>
        <Go to={['clients', key]}>
          <Text of={client} />
        </Go>
        <span class="narrow quiet">
          <Text of={connectedRegistry} /> · <Text of={registry} />
        </span>
      </>
    ),
  },
  {
    id: 'registry',
    header: 'Connected registry',
    isSorted: true,
    kind: 'aside',
    cell: ({ registry, connectedRegistry }) => (
      <>
        <Text of={connectedRegistry} />
        <span class="quiet">
          {' · '}
          <Text of={registry} />
        </span>
      </>
    ),
  },
  {
    id: 'state',
    header: 'State',
    isSorted: true,
    cell: ({ state, differences }) => (
      <>
        <Badge tone={CLIENT_TONES[state]}>{state}</Badge>
        {differences.length > 0 && <span class="quiet aside"> {differences.join(', ')}</span>}
      </>
    ),
  },
  { id: 'expires', header: 'Expires', isSorted: true, cell: ({ expiresOn }) => <Moment at={expiresOn} now={now} /> },
  {
    id: 'due',
    header: 'Rotation due',
    isSorted: true,
    kind: 'aside',
    cell: ({ rotationDueAt }) => <Moment at={rotationDueAt} now={now} />,
  },
  {
    id: 'verified',
    header: 'Last pull check',
    isSorted: true,
    kind: 'aside',
    cell: ({ verifiedAt }) =>
      verifiedAt === undefined ? <span class="quiet">none</span> : <Moment at={verifiedAt} now={now} />,
  },
  {
    id: 'run',
    header: 'Last run',
    isSorted: true,
    kind: 'aside',
    cell: ({ lastRun }) =>
      lastRun === undefined ? (
        <span class="quiet">none on record</span>
      ) : (
        <>
          <Go to={['operations', lastRun.operation]}>{lastRun.kind}</Go>{' '}
          <Badge tone={OPERATION_TONES[lastRun.status]}>{lastRun.status}</Badge>{' '}
          <span class="quiet">
            {lastRun.code !== undefined && <>{lastRun.code}, </>}
            <Moment at={lastRun.endedAt ?? lastRun.startedAt} now={now} />
          </span>
        </>
      ),
  },
];

/** The clients that are selected. */
export function ClientTable({
  rows,
  now,
  sort,
  onSort,
}: {
  readonly rows: readonly InventoryRow[];
  readonly now: number;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}): JSX.Element {
  const columns = useMemo(() => columnsAt(now), [now]);
  return (
    <LongTable caption="Clients" columns={columns} rows={rows} rowKey={({ key }) => key} sort={sort} onSort={onSort} />
  );
}
