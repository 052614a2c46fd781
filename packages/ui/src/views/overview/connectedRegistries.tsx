import type { FleetConnectedRegistry } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { whole } from '../../format/numbers.js';
import { Badge } from '../../parts/badge.js';
import { Bar } from '../../parts/bar.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import { fillTone, stateOf, worstFirst } from './connectedRegistryState.js';

/** How many are shown before somebody asks for all. */
const FIRST = 24;

/** The connected registries of the fleet, those that need a look first. */
export function ConnectedRegistries({
  all,
  now,
}: {
  readonly all: readonly FleetConnectedRegistry[];
  readonly now: number;
}): JSX.Element {
  const [showsAll, setShowsAll] = useState(false);
  const sorted = worstFirst(all);
  const shown = showsAll ? sorted : sorted.slice(0, FIRST);
  return (
    <Card
      title="Connected registries"
      aside={
        <>
          {whole(all.length)} · <Go to={['registries']}>Map</Go>
        </>
      }
    >
      {all.length === 0 && <p class="quiet">There are none.</p>}
      <ul class="tiles">
        {shown.map((one) => (
          <Tile key={`${one.registry}/${one.name}`} of={one} now={now} />
        ))}
      </ul>
      {shown.length < all.length && (
        <p>
          <button type="button" class="button second" onClick={() => setShowsAll(true)}>
            Show all {whole(all.length)}
          </button>
        </p>
      )}
    </Card>
  );
}

function Tile({ of, now }: { readonly of: FleetConnectedRegistry; readonly now: number }): JSX.Element {
  const { registry, name, path, clients, cap, lastSync } = of;
  const { word, tone } = stateOf(of);
  return (
    <li>
      <div class="line">
        <Go to={['clients']} query={{ registry, connectedRegistry: name }}>
          <Text of={name} />
        </Go>
        <span class="grow" />
        <Badge tone={tone}>{word}</Badge>
      </div>
      <div class="quiet cut" title="the path of its syncs">
        <Text of={[registry, ...path].join(' › ')} />
      </div>
      <Bar parts={[{ size: clients, tone: fillTone(of) }]} whole={cap} label={`${clients} of at most ${cap} clients`} />
      <div class="line quiet">
        <span>
          {whole(clients)} of {whole(cap)}
          <span class="unseen"> clients</span>
        </span>
        <span class="grow" />
        <span>
          {lastSync === undefined ? (
            'last sync unknown'
          ) : (
            <>
              synced <Moment at={lastSync} now={now} />
            </>
          )}
        </span>
      </div>
    </li>
  );
}
