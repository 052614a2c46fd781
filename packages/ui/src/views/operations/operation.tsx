import type { Operation } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { absolute } from '../../format/times.js';
import { Heading } from '../../layout/heading.js';
import type { View, ViewProps } from '../../layout/view.js';
import { Card } from '../../parts/card.js';
import { Facts } from '../../parts/facts.js';
import { Go } from '../../parts/link.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { Code, Text } from '../../parts/text.js';
import { Moment, useNow } from '../../parts/time.js';
import { FailureCard } from './failureCard.js';
import { OperationActions } from './operationActions.js';
import { ResultCard } from './resultCard.js';
import { Subject } from './subject.js';
import { wordsOf } from './timeline.js';
import { TimelineCard } from './timelineCard.js';
import { useOperation } from './useOperation.js';

function OperationDetail({ params }: ViewProps): JSX.Element {
  const id = params['id'] ?? '';
  const operation = useOperation(id);
  const { value } = operation;
  return (
    <>
      <p class="crumbs">
        <Go to={['operations']}>Operations</Go>
      </p>
      <Heading
        aside={
          <>
            {value !== undefined && <OperationActions operation={value} />}
            {value?.status === 'running' && <Freshness of={operation} />}
          </>
        }
      >
        {value === undefined ? (
          <Text of={id} />
        ) : (
          <>
            {wordsOf(value.kind)} {value.client !== undefined && <Text of={value.client} />}
          </>
        )}
      </Heading>
      <Shown of={operation} what="Operation" hasAgeElsewhere>
        {(known) => <Details operation={known} />}
      </Shown>
    </>
  );
}

function Details({ operation }: { readonly operation: Operation }): JSX.Element {
  const now = useNow(10_000);
  const { id, kind, status, phase, startedAt, endedAt, failure, result, abridged, actor, steps } = operation;
  return (
    <>
      {abridged === true && (
        <p class="notice" role="note">
          <strong>Abridged.</strong> The durable engine no longer has this run. What is shown is from the record of the
          client's last twenty: its steps, its result and what was kept on purpose are no longer known.
        </p>
      )}
      {failure !== undefined && <FailureCard operation={operation} failure={failure} now={now} />}
      {(abridged !== true || steps.length > 0) && <TimelineCard operation={operation} />}
      <div class="cards wide">
        {result !== undefined && <ResultCard result={result} now={now} />}
        <Card title="Run">
          <Facts
            of={[
              ['Client', <Subject of={operation} />],
              ['Kind', kind],
              ['Status', status],
              ['Phase', phase === status ? undefined : <Text of={phase} />],
              [
                'Requested',
                <>
                  <Moment at={startedAt} now={now} /> <span class="quiet nowrap">{absolute(startedAt)}</span>
                </>,
              ],
              ['By', actor && <Text of={actor} />],
              [
                'Ended',
                endedAt && (
                  <>
                    <Moment at={endedAt} now={now} /> <span class="quiet nowrap">{absolute(endedAt)}</span>
                  </>
                ),
              ],
              ['Id', <Code of={id} />],
            ]}
          />
        </Card>
      </div>
    </>
  );
}

export const operationView: View = {
  path: '/operations/:id',
  title: ({ id = '' }) => `Operation ${id}`,
  component: OperationDetail,
};
