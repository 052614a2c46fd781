import type { DryRunAnswer, RotationDryRunAnswer } from '@connected-registry/protocol/answers/answers';
import type { RowReason } from '@connected-registry/protocol/answers/rolloutAnswers';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { listOutput, tableOf, type Block, type Column, type Output } from '../output/output.js';
import { EXIT } from '../program/exitCodes.js';

type Write = DryRunAnswer['writes'][number];

const COLUMNS: readonly Column<Write>[] = [
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'STEP', value: ({ step }) => step },
  { header: 'ACTION', value: ({ action }) => action },
  { header: 'RESOURCE', value: ({ resource }) => resource },
];

type ClientsVault = NonNullable<DryRunAnswer['vaults']>[number];

const VAULT_COLUMNS: readonly Column<ClientsVault>[] = [
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'VAULT', value: ({ vault }) => vault },
];

/** What a run would do. It would be refused if a problem is more than an unknown fact; the exit code says so. */
export function dryRunOutput(answer: DryRunAnswer | RotationDryRunAnswer): Output {
  const { problems, writes, adopts, byHand = [], vaults = [], warnings = [] } = answer;
  const columns = writes.some(({ client }) => client !== undefined) ? COLUMNS : COLUMNS.slice(1);
  const isRefused = refusing(problems).length > 0;
  const outages = 'plans' in answer ? answer.plans.flatMap(outageLine) : [];
  const blocks: Block[] = [
    ...(problems.length === 0 ? [] : [{ title: 'Problems', lines: problems.flatMap(problemLines) }]),
    ...(outages.length === 0 ? [] : [{ title: 'Outages', lines: outages }]),
    ...(warnings.length === 0
      ? []
      : [{ title: 'Warnings', lines: warnings.flatMap(({ message, fix }) => [message, `  ${fix}`]) }]),
    ...(writes.length === 0 ? [] : [{ title: 'Would write', table: tableOf(writes, columns) }]),
    ...(adopts.length === 0 ? [] : [{ title: 'Exists and stays', lines: adopts }]),
    ...(byHand.length === 0 ? [] : [{ title: 'To be done by hand', lines: byHand }]),
  ];
  return listOutput(answer, writes, columns, ({ resource }) => resource, {
    blocks: [
      ...(blocks.length > 0 ? blocks : [{ lines: ['Everything is as requested: nothing would be written.'] }]),
      // A setting of each device that reads its secrets by itself.
      ...(vaults.length === 0 ? [] : [{ title: 'Vaults', table: tableOf(vaults, VAULT_COLUMNS) }]),
    ],
    ...(isRefused ? { exit: EXIT.refused, notes: ['The request would be refused.'] } : {}),
  });
}

/** Field, reason and fix of a problem. */
export function problemLines({ code, field, message, fix, unknown }: RowReason): string[] {
  const about = field === undefined ? code : `${field}, ${code}`;
  return [`${about}${unknown ? ' (unknown)' : ''}: ${message}`, ...fix.split('\n').map((line) => `  ${line}`)];
}

function outageLine({ connectedRegistry, client, outage }: RotationDryRunAnswer['plans'][number]): string[] {
  return outage === undefined ? [] : [`${connectedRegistry}/${client}: ${outage}`];
}
