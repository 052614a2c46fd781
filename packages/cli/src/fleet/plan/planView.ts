import { counted } from '../../output/counted.js';
import { tableOf, type Block, type Column, type Output } from '../../output/output.js';
import { formatDuration } from '../../program/duration.js';
import { problemLines } from '../../views/dryRun.js';
import { byHandOf } from './byHand.js';
import { blocked, summary } from './counts.js';
import type { PlanEntry } from './planEntry.js';
import type { FleetPlan } from './planFile.js';
import { blockedReason, blockedRemovals, sendable } from './removals.js';
import { MARKS } from './verdict.js';

const COLUMNS: readonly Column<PlanEntry>[] = [
  { header: 'MARK', value: ({ mark }) => mark },
  { header: 'REGISTRY', value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'REASONS', value: ({ reasons }) => reasons.join('; ') },
  { header: 'WRITES', value: ({ writes }) => writes?.join('; ') },
  { header: 'PROBLEMS', value: ({ problems }) => problems?.join(', ') },
];

/** @param withEqual lists also what is equal, which is most of a fleet */
export function planOutput(plan: FleetPlan, withEqual: boolean): Output {
  const shown = plan.clients.filter(({ mark }) => withEqual || mark !== '=');
  const changes = plan.clients.filter(({ mark }) => mark === '+' || mark === '~' || mark === '-');
  return {
    data: plan,
    table: tableOf(shown, COLUMNS),
    names: changes.map(({ registry, connectedRegistry, client }) => `${registry}/${connectedRegistry}/${client}`),
    blocks: planBlocks(plan, withEqual),
  };
}

/** The plan for a reader: its clients by mark, and in sum what it costs. */
export function planBlocks(plan: FleetPlan, withEqual: boolean): Block[] {
  const explained = new Set<string>();
  const lines = MARKS.filter((mark) => withEqual || mark !== '=').flatMap((mark) =>
    plan.clients.filter((one) => one.mark === mark).flatMap((one) => entryLines(one, explained)),
  );
  const refused = blocked(plan.clients).length;
  const held = blockedRemovals(plan.clients).length;
  const byHand = plan.clients.flatMap(byHandOf).length;
  const isUnasked = plan.dryRuns.length === 0 && sendable(plan.clients).length > 0;
  return [
    ...(lines.length > 0 ? [{ lines }] : []),
    {
      fields: [
        ['plan', summary(plan.clients)],
        // The dry run of the removals knows nothing of what holds them back.
        ...plan.dryRuns
          .filter(({ kind }) => kind === 'onboard' || held === 0)
          .map(
            ({ kind, clients, writes, seconds }) =>
              [
                kind,
                `${counted(clients, 'client')}, about ${counted(writes, 'write')} to Azure Resource Manager, ${seconds === undefined ? 'in an unknown time' : `at least ${formatDuration(seconds)} at its rates`}`,
              ] as const,
          ),
        ['writes', isUnasked ? 'unknown, since the app was not asked (--quick)' : undefined],
        [
          'by hand',
          byHand > 0 ? `${counted(byHand, 'password')} of others, which work until they are removed` : undefined,
        ],
        ['refused', refused > 0 ? `${counted(refused, 'client')} would be refused and not started` : undefined],
        [
          'removals',
          held > 0
            ? `${counted(held, 'client')} would not be removed, since ${blockedReason(plan.clients)}`
            : undefined,
        ],
      ],
    },
  ];
}

/** @param explained what refuses other clients, too, and has been said: it is not said again */
function entryLines(entry: PlanEntry, explained: Set<string>): string[] {
  const { mark, registry, connectedRegistry, client, reasons, writes, problems, refusals = [] } = entry;
  const news = refusals.map((one) => problemLines(one)).filter((lines) => !explained.has(lines.join('\n')));
  for (const lines of news) explained.add(lines.join('\n'));
  return [
    `${mark} ${registry}/${connectedRegistry}/${client}`,
    ...reasons.map((reason) => `    ${reason}`),
    ...(writes === undefined ? [] : writes.map((write) => `    * ${write}`)),
    ...byHandOf(entry).flatMap(({ token, slot, command }) => [
      `    by hand: ${slot} of token ${token} keeps working; when no device uses it any more:`,
      `      ${command}`,
    ]),
    ...(problems === undefined ? [] : [`    would be refused: ${problems.join(', ')}`]),
    ...news.flat().map((line) => `      ${line}`),
  ];
}
