import type { Overview as Fleet } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { useOverview } from '../../layout/fleet.js';
import { Heading } from '../../layout/heading.js';
import type { View } from '../../layout/view.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { useNow } from '../../parts/time.js';
import { ClientsCard } from './clientsCard.js';
import { ConnectedRegistries } from './connectedRegistries.js';
import { ExpiryCard } from './expiryCard.js';
import { FailuresCard, RunsCard } from './runsCards.js';
import { OldParts } from './oldParts.js';
import { OpenRollouts } from './openRollouts.js';

function Overview(): JSX.Element {
  const overview = useOverview();
  return (
    <>
      <Heading aside={<Freshness of={overview} />}>Overview</Heading>
      <Shown of={overview} what="Clients and connected registries" hasAgeElsewhere>
        {(fleet) => <FleetInNumbers fleet={fleet} />}
      </Shown>
    </>
  );
}

function FleetInNumbers({ fleet }: { readonly fleet: Fleet }): JSX.Element {
  const now = useNow(10_000);
  return (
    <>
      <OldParts problems={fleet.problems} now={now} />
      <div class="cards">
        <ClientsCard clients={fleet.clients} />
        <ExpiryCard clients={fleet.clients} />
        <RunsCard runs={fleet.runs} />
        <FailuresCard failures={fleet.runs.failures} />
      </div>
      <OpenRollouts rollouts={fleet.rollouts} />
      <ConnectedRegistries all={fleet.connectedRegistries} now={now} />
    </>
  );
}

export const overviewView: View = { path: '/', nav: 'Overview', title: () => 'Overview', component: Overview };
