import type { Operation, OperationResult, Step } from '@connected-registry/protocol/answers/answers';
import { tableOf, type Block, type Column, type Output } from '../output/output.js';
import { exactTime, shortTime } from '../output/times.js';
import { EXIT } from '../program/exitCodes.js';
import { checkBlocks } from './checkResult.js';
import { problemLines } from './dryRun.js';
import { OPERATION_COLUMNS } from './operationColumns.js';
import { subjectOf } from './timeline.js';

const STEP_COLUMNS: readonly Column<Step>[] = [
  { header: 'STEP', firm: true, value: ({ name }) => name },
  {
    header: 'STATUS',
    firm: true,
    value: ({ status }) => status,
    tone: ({ status }) => (status === 'failed' ? 'bad' : status === 'completed' ? 'good' : undefined),
  },
  { header: 'ATTEMPTS', value: ({ attempts }) => attempts, right: true },
  { header: 'STARTED', firm: true, minor: 1, value: ({ startedAt }) => exactTime(startedAt) },
  { header: 'MESSAGE', value: ({ message }) => message },
];

/** One operation with its steps, its result or its failure. */
export function operationOutput(operation: Operation): Output {
  return { ...operationsOutput([operation], operation), blocks: operationBlocks(operation) };
}

/** Operations that have ended or not, as a list; the exit code says whether one of them failed. */
export function operationsOutput(operations: readonly Operation[], data: unknown = operations): Output {
  const failed = operations.filter(({ status }) => status === 'failed' || status === 'rolledBack');
  return {
    data,
    table: tableOf(operations, OPERATION_COLUMNS),
    names: operations.map(({ id }) => id),
    ...(failed.length > 0 ? { exit: EXIT.failed } : {}),
  };
}

function operationBlocks(operation: Operation): Block[] {
  const { id, kind, status, phase, startedAt, endedAt, steps, result, failure, actor } = operation;
  return [
    {
      fields: [
        ['operation', id],
        ['kind', kind],
        ['client', subjectOf(operation)],
        ['status', status],
        ['phase', phase === status ? undefined : phase],
        ['started', exactTime(startedAt)],
        ['ended', exactTime(endedAt)],
        ['requested by', actor],
        ['failure', failure?.code],
        ['reason', failure?.message],
        ['next try', failure?.nextTryAt === undefined ? undefined : shortTime(failure.nextTryAt)],
      ],
    },
    { title: 'Steps', table: tableOf(steps, STEP_COLUMNS) },
    ...listBlock('Problems', (failure?.problems ?? []).flatMap(problemLines)),
    ...listBlock('Left behind', failure?.residue ?? []),
    ...listBlock('Kept', failure?.kept ?? []),
    ...listBlock('Disabled', failure?.disabled ?? []),
    ...(result ? resultBlocks(result) : []),
  ];
}

function listBlock(title: string, lines: readonly string[]): Block[] {
  return lines.length === 0 ? [] : [{ title, lines }];
}

/** The result of each kind of run has fields of its own. */
function resultBlocks(result: OperationResult): Block[] {
  if ('checked' in result) return checkBlocks(result);
  if ('removed' in result) return [...listBlock('Removed', result.removed), ...listBlock('Kept', result.kept)];
  if ('edge' in result)
    return [
      {
        title: 'Result',
        fields: [
          ['revoked', exactTime(result.revokedAt)],
          ['at the edge', result.edge.message],
        ],
      },
      ...listBlock('Disabled', result.disabled),
      ...listBlock('Kept', result.kept ?? []),
    ];
  const { token, connectedRegistry, secret, pull } = result;
  const revokes = 'revokes' in result ? result.revokes : undefined;
  return [
    {
      title: 'Result',
      fields: [
        ['scope map', 'scopeMap' in result ? result.scopeMap : undefined],
        ['token', token],
        ['bound to', connectedRegistry],
        ['secret', `${secret.name}, ${secret.slot}`],
        ['expires', shortTime(secret.expiresOn)],
        ['pull', `${pull.image}, ${pull.bytes} bytes in ${pull.milliseconds} ms`],
        ['digest', pull.digest],
        ['revokes', revokes === undefined ? undefined : `${revokes.slot} from ${shortTime(revokes.from)}`],
        ['changed', 'changed' in result ? (result.changed ? 'yes' : 'no: everything was as requested') : undefined],
      ],
    },
    ...listBlock('To be done by hand', ('byHand' in result ? result.byHand : undefined) ?? []),
  ];
}
