import type { PlannedClient, PlannedRegistry } from './fleet.js';
import type { PullBook } from './observers/pullBook.js';
import type { RotationBook } from './observers/rotationBook.js';
import { RULES, type Rule, type Verdict } from './observers/verdict.js';

export interface Year {
  readonly registries: readonly PlannedRegistry[];
  readonly clients: readonly PlannedClient[];
  readonly pulls: PullBook;
  readonly rotations: RotationBook;
  /** Hours offline, by connected registry. */
  readonly away: ReadonlyMap<string, number>;
  readonly verdict: Verdict;
  /** Rules that were not checked in this year. */
  readonly unjudged: readonly Rule[];
}

/** The results of a year: a line for each connected registry, and for each rule whether it was kept. */
export function tableOf({ registries, clients, pulls, rotations, away, verdict, unjudged }: Year): string {
  const rows = registries.map((registry) => {
    const own = rotations.rotations.filter(({ client }) => client.registry === registry);
    const promoted = own.filter(({ end }) => end === 'promoted');
    const hours = promoted.map(({ startedAt, endedAt = startedAt }) => (endedAt - startedAt) / 3_600_000);
    const { regular, atSteps, failed } = pulls.of(registry.name);
    return [
      `${registry.name} (${registry.what})`,
      clients.filter((client) => client.registry === registry).length,
      away.get(registry.name) ?? 0,
      regular,
      atSteps,
      failed,
      promoted.length,
      own.length - promoted.length,
      Math.max(0, ...hours).toFixed(1),
      promoted.length === 0 ? '-' : Math.min(...promoted.map(({ daysLeft = 0 }) => daysLeft)).toFixed(1),
      Math.max(0, ...own.map(({ writes }) => writes)),
    ].map(String);
  });
  const kept = (Object.entries(RULES) as [Rule, string][]).map(([rule, words]) => {
    if (unjudged.includes(rule)) return `-      ${words}: not checked`;
    const broken = verdict.violations.filter((violation) => violation.rule === rule).length;
    return `${broken === 0 ? 'kept  ' : 'BROKEN'} ${words}${broken === 0 ? '' : `: ${broken} times`}`;
  });
  return [...columns([HEADER, ...rows]), '', ...kept].join('\n');
}

const HEADER = [
  'connected registry',
  'clients',
  'offline h',
  'pulls',
  'at steps',
  'failed',
  'rotations',
  'given up',
  'longest h',
  'days left',
  'ARM writes',
];

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
