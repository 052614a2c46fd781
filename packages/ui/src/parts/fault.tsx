import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';
import type { JSX } from 'preact';
import type { Fault } from '../data/fault.js';
import { Code, Text } from './text.js';

/** What a fault is, in one sentence, and what to do. */
export function sentencesOf(fault: Exclude<Fault, { kind: 'refused' }>): readonly [string, string] {
  switch (fault.kind) {
    case 'unreachable':
      return ['The app does not answer.', 'Does it run, and is the network there?'];
    case 'timeout':
      return [`The app has not answered for ${fault.seconds} seconds.`, 'It may be starting, or busy.'];
    case 'signedOut':
      return ['Authentication required.', 'Sign in again.'];
    case 'unexpected':
      return unexpected(fault.status);
  }
}

function unexpected(status: number): readonly [string, string] {
  if (status === 404)
    return ['The app has no such route (404).', 'Reload the page: the app may have another version now.'];
  if (status === 403) return ['Access was refused (403).', 'The key or the account is not that of an operator.'];
  if (status >= 500) return [`The app could not answer (${status}).`, 'Its log says why.'];
  return [`The answer is not one that this page knows (${status}).`, 'Reload the page.'];
}

/** A fault as text: for a problem of the app its title, detail, and each field with its fault and fix. */
export function FaultText({ fault }: { readonly fault: Fault }): JSX.Element {
  if (fault.kind === 'refused') return <ProblemText problem={fault.problem} />;
  const [what, advice] = sentencesOf(fault);
  return (
    <p>
      <strong>{what}</strong> {advice}
    </p>
  );
}

function ProblemText({ problem }: { readonly problem: ProblemDetails }): JSX.Element {
  const errors = problem.errors ?? [];
  const further = (problem.errorCount ?? errors.length) - errors.length;
  return (
    <>
      <p>
        <strong>
          <Text of={problem.title} />
        </strong>{' '}
        <Text of={problem.detail} /> <Code of={problem.code} />
      </p>
      {errors.length > 0 && (
        <dl class="faults">
          {errors.map(({ field, message, fix, row }, index) => (
            <div key={index}>
              <dt>
                {row !== undefined && `row ${row}, `}
                <Code of={field} />
              </dt>
              <dd>
                <Text of={message} />. Fix: <Text of={fix} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {further > 0 && <p>{further} more errors are not listed.</p>}
    </>
  );
}
