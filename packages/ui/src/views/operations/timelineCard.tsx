import type { Operation, StepStatus } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { shortSpan } from '../../format/times.js';
import { Badge } from '../../parts/badge.js';
import type { Tone } from '../../parts/bar.js';
import { Card } from '../../parts/card.js';
import { LongText } from '../../parts/longText.js';
import { Text } from '../../parts/text.js';
import { useNow } from '../../parts/time.js';
import { progressText, TIMELINE_LENGTH, timelineOf, type TimelineEntry } from './timeline.js';

const STEP_TONES: Readonly<Record<StepStatus, Tone>> = {
  running: 'busy',
  waiting: 'warn',
  completed: 'good',
  failed: 'bad',
};

/** The steps of an operation, in its time. */
export function TimelineCard({ operation }: { readonly operation: Operation }): JSX.Element {
  const now = useNow(1000);
  const { steps, undo, took } = timelineOf(operation, now);
  const isOpen = operation.status === 'running';
  return (
    <Card
      title="Timeline"
      aside={took !== undefined && <>{isOpen ? `for ${shortSpan(took)}` : `took ${shortSpan(took)}`}</>}
    >
      {/* Only this is read out while it runs: times change every second. */}
      <p role="status" class={isOpen ? undefined : 'unseen'}>
        {progressText(operation)}
      </p>
      {steps.length > 0 && <Entries all={steps} label="Steps" />}
      {undo.length > 0 && (
        <>
          <h3>Undo</h3>
          <Entries all={undo} label="Steps of the undo" />
        </>
      )}
    </Card>
  );
}

function Entries({ all, label }: { readonly all: readonly TimelineEntry[]; readonly label: string }): JSX.Element {
  return (
    <ol class="timeline" aria-label={label}>
      {all.map((entry, index) => (
        // Steps are only ever added at the end.
        <Entry key={index} of={entry} />
      ))}
    </ol>
  );
}

function Entry({ of: { step, label, after, took, pause, place } }: { readonly of: TimelineEntry }): JSX.Element {
  const { name, status, attempts, message } = step;
  return (
    <>
      {pause !== undefined && <li class="pause quiet">{shortSpan(pause)} between two steps</li>}
      <li>
        <span class="step">
          <strong title={name}>
            <Text of={label} />
          </strong>{' '}
          <Badge tone={STEP_TONES[status]}>{status}</Badge>
        </span>
        <span class="times number">
          {took !== undefined && <span>{shortSpan(took)}</span>}
          {after !== undefined && <span class="quiet"> at {shortSpan(after)}</span>}
        </span>
        {place !== undefined && (
          <svg class="bar" viewBox={`0 0 ${TIMELINE_LENGTH} 10`} preserveAspectRatio="none" aria-hidden="true">
            <rect class={`fill-${STEP_TONES[status]}`} x={place.start} y={0} width={place.width} height={10} />
          </svg>
        )}
        {(attempts > 1 || message !== undefined) && (
          <span class="reason">
            {attempts > 1 && `attempt ${attempts}`}
            {attempts > 1 && message !== undefined && ': '}
            {message !== undefined && <LongText of={message} />}
          </span>
        )}
      </li>
    </>
  );
}
