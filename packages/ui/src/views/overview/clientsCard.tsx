import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { whole } from '../../format/numbers.js';
import { Badge, CLIENT_TONES } from '../../parts/badge.js';
import { Bar } from '../../parts/bar.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { STATES, STATE_MEANINGS } from '../clients/clientStates.js';

/** Clients by state; each number leads to its clients. */
export function ClientsCard({ clients: { total, byState } }: Pick<Overview, 'clients'>): JSX.Element {
  const present = STATES.filter((state) => byState[state] > 0);
  return (
    <Card title="Clients" size="wide" aside={whole(total)}>
      {total > 0 && (
        <Bar
          parts={[...present].reverse().map((state) => ({ size: byState[state], tone: CLIENT_TONES[state] }))}
          whole={total}
          label={present.map((state) => `${byState[state]} ${state}`).join(', ') || 'no clients'}
        />
      )}
      {total === 0 && <p>No client has been onboarded.</p>}
      <ul class="figures columns">
        {present.map((state) => (
          <li key={state} title={STATE_MEANINGS[state]}>
            <Go to={['clients']} query={{ state }}>
              <Badge tone={CLIENT_TONES[state]}>{state}</Badge>
              <span class="number">{whole(byState[state])}</span>
            </Go>
          </li>
        ))}
      </ul>
    </Card>
  );
}
