import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { whole } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';

/** Credentials that expire soon, and rotations that are due. */
export function ExpiryCard({ clients: { expiring, rotationDue } }: Pick<Overview, 'clients'>): JSX.Element {
  const lines = [
    ['7', 'within 7 days', expiring.within7Days],
    ['14', 'within 14 days', expiring.within14Days],
    ['30', 'within 30 days', expiring.within30Days],
  ] as const;
  return (
    <Card title="Expiring">
      <ul class="figures">
        {lines.map(([days, text, count]) => (
          <li key={days}>
            <Go to={['clients']} query={{ expires: days, sort: 'expires' }}>
              <span>{text}</span>
              <span class="number">{whole(count)}</span>
            </Go>
          </li>
        ))}
        <li>
          <Go to={['clients']} query={{ due: 'yes', sort: 'due' }}>
            <span>rotation due</span>
            <span class="number">{whole(rotationDue)}</span>
          </Go>
        </li>
      </ul>
    </Card>
  );
}
