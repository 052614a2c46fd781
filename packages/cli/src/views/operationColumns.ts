import type { Operation, OperationSummary } from '@connected-registry/protocol/answers/answers';
import type { Column, Tone } from '../output/output.js';
import { shortTime } from '../output/times.js';

/** The tone of a status. */
export function statusTone(status: Operation['status']): Tone | undefined {
  if (status === 'completed') return 'good';
  return status === 'running' ? undefined : 'bad';
}

/** Columns of operations. */
export const OPERATION_COLUMNS: readonly Column<Operation | OperationSummary>[] = [
  { header: 'KIND', firm: true, value: ({ kind }) => kind },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'STATUS', firm: true, value: ({ status }) => status, tone: ({ status }) => statusTone(status) },
  { header: 'PHASE', value: ({ status, phase, failure }) => failure?.code ?? (phase === status ? '' : phase) },
  { header: 'STARTED', firm: true, value: ({ startedAt }) => shortTime(startedAt) },
  { header: 'ID', minor: 1, value: ({ id }) => id },
];
