import type { JSX } from 'preact';
import type { ClientReading } from './useClient.js';

/** What an operator can do about a client, beside its name. */
export function ClientActions({ refresh }: Pick<ClientReading, 'refresh'>): JSX.Element {
  return (
    <button type="button" class="button second" onClick={refresh}>
      Refresh
    </button>
  );
}
