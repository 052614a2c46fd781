import type { Rollout, RolloutClient, RolloutClientPage } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { JSX } from 'preact';
import { whole } from '../../format/numbers.js';
import { EVERY, usePolled } from '../../layout/services.js';
import { Badge, ROW_TONES } from '../../parts/badge.js';
import { Card } from '../../parts/card.js';
import { Shown } from '../../parts/shown.js';
import { Code } from '../../parts/text.js';
import { Moment, useNow } from '../../parts/time.js';
import { Pager } from '../../parts/pager.js';
import { ClientHeading } from '../../parts/clientHeading.js';
import { Go } from '../../parts/link.js';
import { pathTo, type Query } from '../../routing/address.js';
import { setQuery } from '../../routing/location.js';
import { clientKeyOf } from '../operations/clientKeyOf.js';

/** Rows of one page. */
const TOP = 50;

const STATES = [
  'failed',
  'running',
  'waiting',
  'completed',
  'planned',
  'cancelled',
] as const satisfies readonly RolloutClient['state'][];

/** The clients of a rollout, page by page, by state. */
export function RolloutRows({
  rollout: { id, counts },
  query,
}: {
  readonly rollout: Rollout;
  readonly query: Query;
}): JSX.Element {
  const state = STATES.find((one) => one === query['state']);
  const continuation = query['continuation'];
  const page = usePolled<RolloutClientPage>(
    pathTo('rollouts', id, 'clients'),
    { top: TOP, state, continuation },
    EVERY.list,
  );
  const next = page.value?.continuation;
  return (
    <Card title="Clients of the rollout">
      <div class="chips" role="group" aria-label="States">
        {STATES.filter((one) => counts[one] > 0 || one === state).map((one) => (
          <button
            key={one}
            type="button"
            class="chip"
            aria-pressed={one === state}
            onClick={() => setQuery({ state: one === state ? undefined : one, continuation: undefined }, 'push')}
          >
            {one} <span class="quiet">{whole(counts[one])}</span>
          </button>
        ))}
      </div>
      <Shown of={page} what="Clients of the rollout">
        {({ clients }) => (clients.length === 0 ? <p class="quiet">None on this page.</p> : <Rows clients={clients} />)}
      </Shown>
      <Pager continuation={continuation} next={next} />
    </Card>
  );
}

function Rows({ clients }: { readonly clients: readonly RolloutClient[] }): JSX.Element {
  const now = useNow(10_000);
  return (
    <div class="scroll">
      <table>
        <caption class="unseen">Clients of the rollout, in the order of the request</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              Row
            </th>
            <th scope="col">Client</th>
            <th scope="col">State</th>
            <th scope="col">Operation</th>
          </tr>
        </thead>
        <tbody>
          {clients.map((row) => (
            <Row key={row.row} of={row} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ of, now }: { readonly of: RolloutClient; readonly now: number }): JSX.Element {
  const { row, registry, connectedRegistry, client, state, code, problems = [], operation, startedAt, retries } = of;
  const codes = [...(code === undefined ? [] : [code]), ...problems];
  return (
    <tr>
      <td class="number">{whole(row)}</td>
      <ClientHeading
        clientKey={operation === undefined ? undefined : clientKeyOf(operation)}
        registry={registry}
        connectedRegistry={connectedRegistry}
        client={client}
      />
      <td>
        <Badge tone={ROW_TONES[state]}>{state}</Badge>
        {codes.map((one) => (
          <div key={one}>
            <Code of={one} />
          </div>
        ))}
        {retries !== undefined && <div class="quiet">tried again: {retries}</div>}
      </td>
      <td>
        {operation === undefined ? (
          <span class="quiet">none</span>
        ) : (
          <Go to={['operations', operation]}>
            {startedAt === undefined ? 'started' : <Moment at={startedAt} now={now} />}
          </Go>
        )}
      </td>
    </tr>
  );
}
