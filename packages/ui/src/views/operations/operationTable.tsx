import type { OperationSummary, RecordedOperation } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { textHead } from '../../format/textHead.js';
import { shortSpan, span } from '../../format/times.js';
import { Badge, OPERATION_TONES } from '../../parts/badge.js';
import { Go } from '../../parts/link.js';
import { Code, Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import { Subject } from './subject.js';

/** Operations, a row each. @param withClient whether they are of several clients */
export function OperationTable({
  caption,
  operations,
  now,
  withClient = false,
}: {
  readonly caption: string;
  readonly operations: readonly (OperationSummary | RecordedOperation)[];
  readonly now: number;
  readonly withClient?: boolean;
}): JSX.Element {
  return (
    <div class="scroll">
      <table class="stacked">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            {withClient && <th scope="col">Client</th>}
            <th scope="col">Status</th>
            <th scope="col">Requested</th>
            <th scope="col">Took</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {operations.map((operation) => (
            <Row key={operation.id} of={operation} now={now} withClient={withClient} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  of,
  now,
  withClient,
}: {
  readonly of: OperationSummary | RecordedOperation;
  readonly now: number;
  readonly withClient: boolean;
}): JSX.Element {
  const { id, kind, status, phase, startedAt, endedAt, failure } = of;
  const took = Date.parse(endedAt ?? new Date(now).toISOString()) - Date.parse(startedAt);
  return (
    <tr>
      <th scope="row">
        <Go to={['operations', id]}>{kind}</Go>
      </th>
      {withClient && (
        <td data-label="Client">
          <Subject of={of} />
        </td>
      )}
      <td data-label="Status">
        <Badge tone={OPERATION_TONES[status]}>{status}</Badge>
        {status === 'running' && (
          <div class="quiet">
            <Text of={phase} />
          </div>
        )}
      </td>
      <td data-label="Requested">
        <Moment at={startedAt} now={now} />
        {'actor' in of && (
          <div class="quiet">
            by <Text of={of.actor} />
          </div>
        )}
      </td>
      <td data-label="Took" class="nowrap">
        {Number.isNaN(took) ? 'unknown' : endedAt === undefined ? `${span(took)} so far` : shortSpan(took)}
      </td>
      <td data-label="Reason" class="why">
        {failure !== undefined && (
          <span>
            <Code of={failure.code} /> <Text of={shortened(failure.message)} />
          </span>
        )}
      </td>
    </tr>
  );
}

/** Characters of a message in the table; the operation has all of it. */
const SHOWN = 200;

function shortened(message: string): string {
  const head = textHead(message, SHOWN);
  return head === message ? message : `${head} …`;
}
