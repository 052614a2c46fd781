import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { counted, whole } from '../../format/numbers.js';
import { Badge } from '../../parts/badge.js';
import { Card } from '../../parts/card.js';
import { Facts } from '../../parts/facts.js';
import { Go } from '../../parts/link.js';
import { Code, Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import { rightsOf } from './rights.js';

/** Where the credential is, and what the client pulls with it. */
export function CredentialCard({ client, now }: { readonly client: ClientView; readonly now: number }): JSX.Element {
  const { token, bound, slot, secret, vault, endpoint, identity, pull, registry, connectedRegistry } = client;
  return (
    <Card title="Credential">
      <Facts
        of={[
          [
            'Connected registry',
            <>
              <Go to={['registries', registry]}>
                <Text of={registry} />
              </Go>{' '}
              › <Text of={connectedRegistry} />
            </>,
          ],
          [
            'Token',
            <>
              <Code of={token} /> {!bound && <Badge tone="bad">not bound</Badge>}
            </>,
          ],
          [
            'Secret',
            <>
              <Code of={secret.name} /> {!secret.isEnabled && <Badge tone="bad">disabled</Badge>}
            </>,
          ],
          ['Password slot', <Code of={slot} />],
          ['Vault', <Code of={vault} />],
          ['Endpoint', endpoint === undefined ? 'unknown' : <Code of={endpoint} />],
          [
            'Reads its secrets',
            identity && (
              <>
                {identity.principalType} <Code of={identity.principalId} />
              </>
            ),
          ],
          [
            'Last pull check',
            pull === undefined ? (
              'none'
            ) : (
              <>
                <Moment at={pull.verifiedAt} now={now} />
                {pull.image !== '' && (
                  <>
                    {': '}
                    <Code of={pull.image} />
                  </>
                )}
                , {counted(pull.bytes, 'byte')} in {whole(pull.milliseconds)} ms
                <div class="quiet">
                  <Code of={pull.digest} />
                </div>
              </>
            ),
          ],
        ]}
      />
    </Card>
  );
}

/** Repositories that are shown before somebody asks for all. */
const FIRST = 12;

/** What its scope map grants now. */
export function RightsCard({ scopeMap: { name, actions, actionCount } }: Pick<ClientView, 'scopeMap'>): JSX.Element {
  const [showsAll, setShowsAll] = useState(false);
  const rights = rightsOf(actions);
  const shown = showsAll ? rights : rights.slice(0, FIRST);
  return (
    <Card title="Rights" aside={counted(actionCount, 'action')}>
      <p class="quiet">
        By scope map <Code of={name} />
      </p>
      {actionCount === 0 && <p>It grants nothing.</p>}
      {actions.length > 0 && (
        <div class="scroll">
          <table>
            <caption class="unseen">What the scope map grants, by repository</caption>
            <thead>
              <tr>
                <th scope="col">Repository</th>
                <th scope="col">Actions</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ repository, actions: granted }) => (
                <tr key={`${repository} ${granted.join()}`}>
                  <th scope="row">{repository === undefined ? 'none' : <Code of={repository} />}</th>
                  <td>
                    <Text of={granted.join(', ')} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length < rights.length && (
        <p>
          <button type="button" class="button second" onClick={() => setShowsAll(true)}>
            Show all {whole(rights.length)}
          </button>
        </p>
      )}
      {actions.length < actionCount && <p class="quiet">{whole(actionCount - actions.length)} more are not listed.</p>}
    </Card>
  );
}
