import type { OperationKind } from '@connected-registry/protocol/answers/answers';
import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { whole } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Code } from '../../parts/text.js';

type Runs = Overview['runs'];

const KINDS = ['onboard', 'rotate', 'check', 'offboard', 'revoke'] as const satisfies readonly OperationKind[];

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
            {/* A check is about many clients, so it is no client's run. */}
            <Go
              {...(kind === 'check'
                ? { to: ['operations'], query: { status: 'running', kind } }
                : { to: ['clients'], query: { run: 'running', kind } })}
            >
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
  const codes = Object.entries(byCode).sort(([one, count], [other, more]) => more - count || (one < other ? -1 : 1));
  return (
    <Card
      title="Failures of the last day"
      aside={
        <Go to={['operations']} query={{ status: 'failed,rolledBack', since }}>
          {whole(total)} <span class="unseen">failures, in the list of operations</span>
        </Go>
      }
    >
      {codes.length === 0 && <p class="quiet">No run has failed.</p>}
      <ul class="figures">
        {codes.map(([code, count]) => (
          <li key={code}>
            <Go to={['clients']} query={{ code }}>
              <Code of={code} />
              <span class="number">{whole(count)}</span>
            </Go>
          </li>
        ))}
      </ul>
    </Card>
  );
}
