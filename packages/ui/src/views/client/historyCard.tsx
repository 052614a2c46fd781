import type { ClientOperations } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { unlessNoClient } from '../../data/noClient.js';
import { EVERY, usePolledBy, useServices } from '../../layout/services.js';
import { Card } from '../../parts/card.js';
import { Shown } from '../../parts/shown.js';
import { pathTo } from '../../routing/address.js';
import { OperationTable } from '../operations/operationTable.js';

/** What is in progress for a client, and how its last twenty operations ended. */
export function HistoryCard({ clientKey, now }: { readonly clientKey: string; readonly now: number }): JSX.Element {
  const { api } = useServices();
  const path = pathTo('clients', clientKey, 'operations');
  const operations = usePolledBy<ClientOperations>(path, EVERY.live, (etag) =>
    unlessNoClient(api.read<ClientOperations>(path, {}, { etag }), { operations: [] }),
  );
  return (
    <Card title="Operations" aside="in progress, and the last twenty">
      <Shown of={operations} what="Operations">
        {({ operations: all }) =>
          all.length === 0 ? (
            <p class="quiet">None on record.</p>
          ) : (
            <OperationTable caption="Operations of the client, newest first" operations={all} now={now} />
          )
        }
      </Shown>
    </Card>
  );
}
