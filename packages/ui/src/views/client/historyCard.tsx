import type { ClientOperations } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { EVERY, usePolled } from '../../layout/services.js';
import { Card } from '../../parts/card.js';
import { Shown } from '../../parts/shown.js';
import { pathTo } from '../../routing/address.js';
import { OperationTable } from '../operations/operationTable.js';

/** What is in progress for a client, and how its last twenty operations ended. */
export function HistoryCard({ clientKey, now }: { readonly clientKey: string; readonly now: number }): JSX.Element {
  const operations = usePolled<ClientOperations>(pathTo('clients', clientKey, 'operations'), {}, EVERY.live);
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
