import type { Operation } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { OperationActions as Actions } from '../../actions/operationActions.js';
import { Badge, OPERATION_TONES } from '../../parts/badge.js';

/** Status of an operation and what an operator can do about it, beside its name. */
export function OperationActions({ operation }: { readonly operation: Operation }): JSX.Element {
  const { status } = operation;
  return (
    <>
      <Badge tone={OPERATION_TONES[status]}>{status}</Badge>
      <Actions operation={operation} />
    </>
  );
}
