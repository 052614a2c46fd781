import type { JSX } from 'preact';
import { Go } from './link.js';
import { Text } from './text.js';

/** Heads a table's row about one client: its name, which leads to the list of clients, and its connected registry. */
export function ClientHeading({
  registry,
  connectedRegistry,
  client,
}: {
  readonly registry: string;
  readonly connectedRegistry: string;
  readonly client: string;
}): JSX.Element {
  return (
    <th scope="row">
      <Go to={['clients']} query={{ registry, connectedRegistry, q: client }}>
        <Text of={client} />
      </Go>
      <div class="quiet">
        <Text of={`${registry} › ${connectedRegistry}`} />
      </div>
    </th>
  );
}
