import { FAULTS, type FaultKind } from './faultKinds.js';
import type { TrialEnd } from './trials.js';

const MARKS: Readonly<Record<TrialEnd['status'], string>> = {
  completed: 'onboarded',
  rolledBack: 'undone',
  failed: 'listed',
  running: 'running',
};

/** The matrix for people: calls down, faults across, and in each field how the client ended, or BROKEN. */
export function tableOf(
  title: string,
  ends: readonly TrialEnd[],
  words: Partial<Record<TrialEnd['status'], string>> = {},
): string {
  const rows = [...new Set(ends.map(rowOf))];
  const cell = (row: string, fault: FaultKind): string => {
    const end = ends.find((one) => rowOf(one) === row && one.fault === fault);
    if (!end) return '';
    return end.wrong.length > 0 ? 'BROKEN' : (words[end.status] ?? MARKS[end.status]);
  };
  const head = [title, ...FAULTS];
  const lines = [head, ...rows.map((row) => [row, ...FAULTS.map((fault) => cell(row, fault))])];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((part, column) => part.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const broken = ends.filter(({ wrong }) => wrong.length > 0).length;
  return [...text, `${rows.length} calls x ${FAULTS.length} faults, ${ends.length} runs, ${broken} broken`].join('\n');
}

/** One line for each invariant that was broken. */
export function brokenOf(ends: readonly TrialEnd[]): string[] {
  return ends.flatMap((end) => end.wrong.map((wrong) => `${rowOf(end)}, ${end.fault}: ${wrong}`));
}

function rowOf({ site }: TrialEnd): string {
  const short = site.key.replace('registries/{registry}/', '').replace('/api/events', '');
  return site.nth === 1 ? short : `${short} #${site.nth}`;
}
