import type { Outcome } from './judge.js';
import type { Replayed } from './replay.js';

const OUTCOMES: readonly Outcome[] = ['equal', 'other shape', 'different', 'not sent'];

export type Counts = Readonly<Record<Outcome, number>> & { readonly all: number };

/** Counts exchanges by outcome. */
export function countsOf(replayed: readonly Replayed[]): Counts {
  const judged = replayed.flatMap((one) => one.judged);
  const count = (outcome: Outcome): number => judged.filter((one) => one.outcome === outcome).length;
  return {
    all: judged.length,
    equal: count('equal'),
    'other shape': count('other shape'),
    different: count('different'),
    'not sent': count('not sent'),
  };
}

/** Whether a scenario is about the container registry or the vault, which the app depends on most. */
export function isCore({ scenario }: Pick<Replayed, 'scenario'>): boolean {
  return !/^(eg|role|event)/.test(scenario);
}

/** The counts by scenario, and their sums, as a text table. */
export function tableOf(replayed: readonly Replayed[]): string {
  const row = (name: string, of: readonly Replayed[]): string[] => {
    const counts = countsOf(of);
    const share = counts.all === 0 ? '' : `${((counts.equal / counts.all) * 100).toFixed(1)} %`;
    return [name, String(counts.all), ...OUTCOMES.map((outcome) => String(counts[outcome])), share];
  };
  const rows = [
    ['scenario', 'exchanges', ...OUTCOMES, 'equal of all'],
    ...replayed.map((one) => row(one.scenario, [one])),
    row('container registry and vault', replayed.filter(isCore)),
    row(
      'Event Grid and roles',
      replayed.filter((one) => !isCore(one)),
    ),
    row('all', replayed),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  return `${lines.join('\n')}\n`;
}

/** Every exchange that is not equal, with its differences. */
export function listOf(replayed: readonly Replayed[]): string {
  const lines = replayed.flatMap(({ scenario, judged }) =>
    judged
      .filter(({ outcome }) => outcome !== 'equal')
      .map(({ n, what, outcome, differences }) => {
        const counted = differences.filter(({ kind }) => kind !== 'minor');
        const reasons = counted.map(({ path, detail }) => `${path}${path === '' ? '' : ': '}${detail}`).join('; ');
        return `${scenario}#${n} ${what}: ${outcome}${reasons === '' ? '' : ` (${reasons})`}`;
      }),
  );
  return lines.map((line) => `${line}\n`).join('');
}
