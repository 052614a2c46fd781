/** The result of the benchmark: one line for each measurement, with its goal and whether it is met. */

export interface Line {
  readonly what: string;
  readonly value: string;
  /** As text; absent if there is none. */
  readonly goal?: string;
  /** Absent if there is no goal, or it could not be measured. */
  readonly met?: boolean;
}

const verdict = ({ goal, met }: Line): string => {
  if (goal === undefined) return '';
  if (met === undefined) return 'not measured';
  return met ? 'met' : 'NOT MET';
};

/** Formats lines as text in columns. */
export function tableText(lines: readonly Line[]): string {
  const rows = [
    ['measurement', 'result', 'goal', ''],
    ...lines.map((line) => [line.what, line.value, line.goal ?? '', verdict(line)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
