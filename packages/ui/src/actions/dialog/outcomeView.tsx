import type { JSX } from 'preact';
import type { Fault } from '../../data/fault.js';
import { FaultText } from '../../parts/fault.js';
import { Go } from '../../parts/link.js';
import { Code } from '../../parts/text.js';
import type { Outcome, Place } from './action.js';
import { Warnings } from './planView.js';
import { mayBeTaken } from './taken.js';

/** What the app answered, with a link to the operation. */
export function OutcomeView({
  outcome: { sentence, operation, warnings = [] },
}: {
  readonly outcome: Outcome;
}): JSX.Element {
  return (
    <div class="notice good">
      <p>{sentence}</p>
      {operation !== undefined && (
        <p>
          <Go to={['operations', operation]}>
            Operation <Code of={operation} />
          </Go>
        </p>
      )}
      <Warnings of={warnings} />
    </div>
  );
}

/** Why something was not done or, if nobody knows whether it was, where that is seen. */
export function SendFault({ fault, look }: { readonly fault: Fault; readonly look: Place }): JSX.Element {
  return (
    <div class="notice bad" role="alert">
      <FaultText fault={fault} />
      {mayBeTaken(fault) && (
        <p>
          <strong>It is unknown whether the app took the request.</strong> Look at{' '}
          <Go to={look.to} {...(look.query === undefined ? {} : { query: look.query })}>
            {look.shows}
          </Go>{' '}
          before you send it again.{look.again !== undefined && ` ${look.again}`}
        </p>
      )}
    </div>
  );
}
