import { endedRows } from '@connected-registry/protocol/answers/rolloutWaves';
import type { FleetConnectedRegistry, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { tableOf, type Block, type Column, type Output } from '../output/output.js';
import { exactTime, shortTime } from '../output/times.js';
import { formatDuration } from '../program/duration.js';

const COLUMNS: readonly Column<FleetConnectedRegistry>[] = [
  { header: 'REGISTRY', minor: 3, value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ path }) => path.join(' > ') },
  {
    header: 'STATE',
    firm: true,
    value: ({ connectionState }) => connectionState ?? 'unknown',
    tone: ({ connectionState }) =>
      connectionState === 'Offline' || connectionState === 'Unhealthy' ? 'bad' : undefined,
  },
  { header: 'ACTIVATION', firm: true, minor: 2, value: ({ activation }) => activation ?? 'unknown' },
  { header: 'LAST SYNC', firm: true, minor: 1, value: ({ lastSync }) => shortTime(lastSync) },
  { header: 'CLIENTS', right: true, value: ({ clients }) => clients },
  { header: 'CAP', right: true, minor: 4, value: ({ cap }) => cap },
];

/** The fleet in numbers. In tables that are read by programs: its connected registries. */
export function overviewOutput(overview: Overview): Output {
  const { asOf, ageSeconds, clients, runs, rollouts, problems, connectedRegistries } = overview;
  const { within7Days, within14Days, within30Days } = clients.expiring;
  const table = tableOf(connectedRegistries, COLUMNS);
  return {
    data: overview,
    table,
    names: connectedRegistries.map(({ registry, name }) => `${registry}/${name}`),
    blocks: [
      {
        fields: [
          ['read', `${exactTime(asOf)}, ${formatDuration(ageSeconds)} ago`],
          ['clients', `${clients.total}${listed(clients.byState)}`],
          ['expiring', `${within7Days} in 7 days, ${within14Days} in 14, ${within30Days} in 30`],
          ['rotation due', String(clients.rotationDue)],
          ['in progress', listed(runs.inProgress).slice(2) || 'nothing'],
          ['failures, last day', `${runs.failures.total}${listed(runs.failures.byCode)}`],
        ],
      },
      ...rolloutsOf(rollouts),
      { title: 'Connected registries', table },
    ],
    notes: problems.map(({ since, message }) => `Not read since ${exactTime(since)}: ${message}`),
  };
}

/** Numbers that are not zero, behind a colon. */
function listed(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? '' : `: ${parts.map(([name, count]) => `${count} ${name}`).join(', ')}`;
}

function rolloutsOf(rollouts: Overview['rollouts']): Block[] {
  if (rollouts.length === 0) return [];
  const fields = rollouts.map((rollout) => {
    const left = rollout.secondsLeft === undefined ? '' : `, about ${formatDuration(rollout.secondsLeft)} left`;
    return [rollout.id, `${rollout.kind} ${rollout.status}: ${endedRows(rollout)} of ${rollout.rows}${left}`] as const;
  });
  return [{ title: 'Open rollouts', fields }];
}
