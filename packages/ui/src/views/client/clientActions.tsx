import type { JSX } from 'preact';
import { ClientActions as Actions } from '../../actions/clientActions.js';
import type { ActionClient } from '../../actions/client/clientRequests.js';
import type { ClientReading } from './useClient.js';

/**
 * What an operator can do about a client, beside its name.
 * @param client undefined as long as its names are not known
 */
export function ClientActions({
  refresh,
  client,
}: Pick<ClientReading, 'refresh'> & { readonly client: ActionClient | undefined }): JSX.Element {
  return (
    <>
      <button type="button" class="button second" onClick={refresh}>
        Refresh
      </button>
      {client !== undefined && <Actions client={client} />}
    </>
  );
}
