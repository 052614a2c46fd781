import type { ComponentChildren, JSX } from 'preact';
import type { Fault } from '../data/fault.js';
import type { Polling } from '../data/polled.js';
import { span } from '../format/times.js';
import { FaultText } from './fault.js';
import { Age, useNow } from './time.js';

/**
 * What is polled, with its age; and plainly, if the app is slow, fails or is gone: what was read before stays in view.
 *
 * @param what names it in sentences: `Rollouts`
 */
export function Shown<T>({
  of: { value, readAt, fault, retryAt, isSlow },
  what,
  hasAgeElsewhere = false,
  children,
}: {
  readonly of: Polling<T>;
  readonly what: string;
  /** The view shows a {@link Freshness} in another place. */
  readonly hasAgeElsewhere?: boolean;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  return (
    <>
      {fault !== undefined && (
        <div class={isPassing(fault) ? 'notice' : 'notice bad'} role="alert">
          <FaultText fault={fault} />
          <p class="quiet">
            {readAt === undefined ? `${what}: nothing has been read yet. ` : <Stale what={what} readAt={readAt} />}
            {retryAt !== undefined && <NextTry at={retryAt} />}
          </p>
        </div>
      )}
      {isSlow === true && fault === undefined && (
        <p class="notice" role="status">
          {value === undefined ? `${what}: ` : `${what} are being read again: `}the app takes longer than usual to
          answer.
        </p>
      )}
      {value === undefined && fault === undefined && isSlow !== true && (
        <p class="quiet" role="status">
          {what}: reading …
        </p>
      )}
      {value !== undefined && children(value)}
      {readAt !== undefined && fault === undefined && !hasAgeElsewhere && (
        <p class="age quiet">
          {what}: read <Age readAt={readAt} />
        </p>
      )}
    </>
  );
}

/** How old what a view shows is, beside its heading. */
export function Freshness<T>({ of: { readAt } }: { readonly of: Polling<T> }): JSX.Element | null {
  if (readAt === undefined) return null;
  return (
    <span class="age quiet">
      Read <Age readAt={readAt} />
    </span>
  );
}

/** Whether a fault is no fault: the app has started, and reads the fleet for the first time. */
function isPassing(fault: Fault): boolean {
  const code: string | undefined = fault.kind === 'refused' ? fault.problem.code : undefined;
  return code === 'inventory-not-ready';
}

function Stale({ what, readAt }: { readonly what: string; readonly readAt: number }): JSX.Element {
  return (
    <>
      {what} as read <Age readAt={readAt} />.{' '}
    </>
  );
}

function NextTry({ at }: { readonly at: number }): JSX.Element {
  const now = useNow(1000);
  return <>{at > now ? `Next try in ${span(at - now)}.` : 'Trying again …'}</>;
}
