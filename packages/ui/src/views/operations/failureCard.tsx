import type { Operation, OperationFailure } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { Card } from '../../parts/card.js';
import { LongText } from '../../parts/longText.js';
import { Code } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import { TextList } from './textList.js';

/** Why an operation failed, what to do, and what remains. */
export function FailureCard({
  operation: { status },
  failure,
  now,
}: {
  readonly operation: Operation;
  readonly failure: OperationFailure;
  readonly now: number;
}): JSX.Element {
  const { code, message, residue, kept, disabled = [], problems = [], nextTryAt } = failure;
  return (
    <Card title="Why it failed" aside={<Code of={code} />}>
      <p class="notice bad">
        <LongText of={message} />
      </p>
      {problems.length > 0 && (
        <>
          <h3>Problems</h3>
          <dl class="faults">
            {problems.map((problem, index) => (
              <div key={index}>
                <dt>
                  <Code of={problem.code} />
                  {problem.field !== undefined && (
                    <>
                      {' '}
                      in <Code of={problem.field} />
                    </>
                  )}
                  {problem.unknown === true && ' (could not be determined; refuses nothing)'}
                </dt>
                <dd>
                  {problem.message !== message && <LongText of={problem.message} />} Fix: <LongText of={problem.fix} />
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {nextTryAt !== undefined && (
        <p>
          The sweep tries again <Moment at={nextTryAt} now={now} />, at the earliest.
        </p>
      )}
      {residue.length === 0 && status === 'rolledBack' && <p>Nothing of what it made remains.</p>}
      <TextList title="What remains" of={residue} />
      <TextList title="Kept on purpose" of={kept} />
      <TextList title="Disabled nevertheless" of={disabled} />
    </Card>
  );
}
