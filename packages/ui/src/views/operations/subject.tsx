import type { Operation } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { Go } from '../../parts/link.js';
import { Text } from '../../parts/text.js';
import { clientKeyOf } from './clientKeyOf.js';

/** The client of an operation, a link to it, and where it is; a check is about many. */
export function Subject({
  of: { id, registry, connectedRegistry, client },
}: {
  readonly of: Pick<Operation, 'id' | 'registry' | 'connectedRegistry' | 'client'>;
}): JSX.Element {
  if (client === undefined) return <span class="quiet">many</span>;
  const key = clientKeyOf(id);
  return (
    <>
      {key === undefined ? (
        <Text of={client} />
      ) : (
        <Go to={['clients', key]}>
          <Text of={client} />
        </Go>
      )}
      <div class="quiet">
        <Text of={[registry, connectedRegistry].filter((name) => name !== undefined).join(' › ')} />
      </div>
    </>
  );
}
