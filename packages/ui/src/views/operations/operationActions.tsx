import type { Operation } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { Badge, OPERATION_TONES } from '../../parts/badge.js';

/** Status of an operation and what an operator can do about it, beside its name. */
export function OperationActions({ operation: { status } }: { readonly operation: Operation }): JSX.Element {
  return <Badge tone={OPERATION_TONES[status]}>{status}</Badge>;
}
