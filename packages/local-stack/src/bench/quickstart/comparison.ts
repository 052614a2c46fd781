import type { ArmRequests } from '../../stack/armRequests.js';

type Counted = Pick<ArmRequests, 'reads' | 'writes'>;

/** Devices that the app was requested to onboard at the same time. Seconds until the last one was done. */
export interface Fleet {
  readonly boundAndSaved: number;
  /** With the pull check, which the quickstart leaves to its reader. */
  readonly proven: number;
  readonly arm: Counted;
}

/** The durations of both for the same number of devices. */
export interface MeasuredWay {
  readonly devices: number;
  readonly byHand: { readonly seconds: number; readonly arm: Counted };
  /** Right after the app's start: it loads its libraries, fetches its tokens and creates the scope map. */
  readonly first: Fleet;
  /** The next one. */
  readonly inService: Fleet;
}

/** Minimum factor by which the app must be faster. */
const GOAL = 50;

/** The same at the pace that was recorded with Azure, and how much of the ratio remains. */
export function pacedComparison(quick: MeasuredWay, atPace: MeasuredWay): string {
  const ratio = ({ byHand, inService }: MeasuredWay): string => (byHand.seconds / inService.boundAndSaved).toFixed(1);
  const { text } = comparison(atPace);
  const [table = ''] = text.split('\n\n');
  return [
    'With writes that take what was recorded with Azure (--azure-pace):',
    '',
    table,
    '',
    `Ratio: ${ratio(quick)} x where a write takes a moment, ${ratio(atPace)} x at the recorded pace.`,
  ].join('\n');
}

/** All measurements in one table, with the ratio of the quickstart to the running app. */
export function comparison({ devices, byHand, first, inService }: MeasuredWay): {
  readonly text: string;
  /** The goal, if it was missed. */
  readonly missed: readonly string[];
} {
  const faster = byHand.seconds / inService.boundAndSaved;
  const met = faster >= GOAL;
  const seconds = (value: number): string => `${value.toFixed(2)} s`;
  const times = (more: number, less: number): string => `${(more / less).toFixed(1)} x`;
  const requests = (kind: keyof Counted): string[] => [
    `ARM ${kind} a device`,
    ...[byHand, first, inService].map(({ arm }) => (arm[kind] / devices).toFixed(1)),
    times(byHand.arm[kind], inService.arm[kind]),
  ];
  const rows = [
    [`${devices} devices`, 'quickstart', 'app, just started', 'app, in service', 'ratio'],
    [
      'bound, passwords saved',
      ...[byHand.seconds, first.boundAndSaved, inService.boundAndSaved].map(seconds),
      `${faster.toFixed(0)} x`,
    ],
    requests('writes'),
    requests('reads'),
    ['with the pull check', 'left to the reader', seconds(first.proven), seconds(inService.proven), ''],
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = [
    'By the quickstart one device after the other, three commands each, as a person types them; by the app all at once.',
    'Polls of asynchronous operations, and the read of the resource at their end, are not counted for either.',
    `At least ${GOAL} times faster: ${met ? 'met' : 'NOT MET'}.`,
  ];
  const missed = met ? [] : [`the app is ${faster.toFixed(1)} times faster, goal ${GOAL} times`];
  return { text: [...table, '', ...notes].join('\n'), missed };
}
