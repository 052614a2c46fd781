import type { ComponentChildren, JSX } from 'preact';
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
  children,
}: {
  readonly of: Polling<T>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  return (
    <>
      {fault !== undefined && (
        <div class="notice bad" role="alert">
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
      {readAt !== undefined && fault === undefined && (
        <p class="age quiet">
          {what}: <Age readAt={readAt} />
        </p>
      )}
    </>
  );
}

function Stale({ what, readAt }: { readonly what: string; readonly readAt: number }): JSX.Element {
  return (
    <>
      {what} as last read, <Age readAt={readAt} />.{' '}
    </>
  );
}

function NextTry({ at }: { readonly at: number }): JSX.Element {
  const now = useNow(1000);
  return <>{at > now ? `Next try in ${span(at - now)}.` : 'Trying again …'}</>;
}
