import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { whole } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Code } from '../../parts/text.js';
import { KINDS } from '../operations/operationFilters.js';

type Runs = Overview['runs'];

/*
 * Both lead to operations, not to clients: a first onboarding that runs or was rolled back is of a client that has no
 * credential, and the list of clients has none without.
 */

/** Runs in progress, by kind. */
export function RunsCard({ runs: { inProgress } }: { readonly runs: Runs }): JSX.Element {
  const total = KINDS.reduce((sum, kind) => sum + inProgress[kind], 0);
  const present = KINDS.filter((kind) => inProgress[kind] > 0);
  return (
    <Card title="Runs in progress" aside={whole(total)}>
      {present.length === 0 && <p class="quiet">Nothing is running.</p>}
      <ul class="figures">
        {present.map((kind) => (
          <li key={kind}>
            <Go to={['operations']} query={{ status: 'running', kind }}>
              <span>{kind}</span>
              <span class="number">{whole(inProgress[kind])}</span>
            </Go>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Runs that failed in the last day, by code, the most frequent first. */
export function FailuresCard({
  failures: { total, byCode, since },
}: {
  readonly failures: Runs['failures'];
}): JSX.Element {
  const failed = { status: 'failed,rolledBack', since };
  const codes = Object.entries(byCode).sort(([one, count], [other, more]) => more - count || (one < other ? -1 : 1));
  return (
    <Card
      title="Failures of the last day"
      aside={
        <Go to={['operations']} query={failed}>
          {whole(total)} <span class="unseen">failures, in the list of operations</span>
        </Go>
      }
    >
      {codes.length === 0 && <p class="quiet">No run has failed.</p>}
      <ul class="figures">
        {codes.map(([code, count]) => (
          <li key={code}>
            <Go to={['operations']} query={{ ...failed, code }}>
              <Code of={code} />
              <span class="number">{whole(count)}</span>
            </Go>
          </li>
        ))}
      </ul>
    </Card>
  );
}
