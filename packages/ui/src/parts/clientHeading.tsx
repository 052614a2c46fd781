import type { JSX } from 'preact';
import { Go } from './link.js';
import { Text } from './text.js';

/**
 * Heads a table's row about one client: its name, which leads to the client, and its connected registry.
 *
 * @param clientKey without it the name leads to the list of clients, which has those with a credential
 */
export function ClientHeading({
  clientKey,
  registry,
  connectedRegistry,
  client,
}: {
  readonly clientKey?: string | undefined;
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly client: string;
}): JSX.Element {
  return (
    <th scope="row">
      <Go
        {...(clientKey === undefined
          ? { to: ['clients'], query: { registry, connectedRegistry, q: client } }
          : { to: ['clients', clientKey] })}
      >
        <Text of={client} />
      </Go>
      <div class="quiet">
        <Text of={`${registry} › ${connectedRegistry}`} />
      </div>
    </th>
  );
}
