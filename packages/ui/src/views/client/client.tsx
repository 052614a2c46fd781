import type { JSX } from 'preact';
import { Heading } from '../../layout/heading.js';
import type { View, ViewProps } from '../../layout/view.js';
import { Go } from '../../parts/link.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { Text } from '../../parts/text.js';
import { useNow } from '../../parts/time.js';
import { ClientActions } from './clientActions.js';
import { CredentialCard, RightsCard } from './credentialCards.js';
import { DeviceCard } from './deviceCard.js';
import { HistoryCard } from './historyCard.js';
import { AbsentCard, StateCard, UnknownCard } from './stateCard.js';
import { useClient, type KnownClient } from './useClient.js';

function Client({ params }: ViewProps): JSX.Element {
  const key = params['key'] ?? '';
  const { row, client, refresh } = useClient(key);
  const now = useNow(10_000);
  const answer = client.value;
  const withCredential = answer !== undefined && 'token' in answer ? answer : undefined;
  const names = withCredential ?? row;
  return (
    <>
      <p class="crumbs">
        <Go to={['clients']}>Clients</Go>
        {names !== undefined && (
          <>
            {' › '}
            <Go to={['clients']} query={{ registry: names.registry, connectedRegistry: names.connectedRegistry }}>
              <Text of={`${names.registry} › ${names.connectedRegistry}`} />
            </Go>
          </>
        )}
      </p>
      <Heading
        aside={
          <>
            <Freshness of={client} />
            <ClientActions refresh={refresh} client={names} />
          </>
        }
      >
        <Text of={names?.client ?? key} />
      </Heading>
      {/* The row may be of a minute ago, when the client had a credential. */}
      {(answer === undefined || withCredential !== undefined) && (
        <StateCard row={row} client={withCredential} now={now} />
      )}
      <Shown of={client} what="Client" hasAgeElsewhere>
        {(value) => <Details client={value} now={now} />}
      </Shown>
      <HistoryCard clientKey={key} now={now} />
    </>
  );
}

function Details({ client, now }: { readonly client: KnownClient; readonly now: number }): JSX.Element {
  if (client.state === 'not found') return <UnknownCard />;
  if (!('token' in client))
    return (
      <div class="cards">
        <AbsentCard client={client} />
        <DeviceCard reach={client.reach} now={now} />
      </div>
    );
  return (
    <div class="cards wide">
      <CredentialCard client={client} now={now} />
      <RightsCard scopeMap={client.scopeMap} />
      <DeviceCard reach={client.reach} now={now} />
    </div>
  );
}

export const clientView: View = { path: '/clients/:key', title: ({ key = '' }) => key, component: Client };
