import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { endedRows, wavesAround, wavesOf, type Wave } from '@connected-registry/protocol/answers/rolloutWaves';
import { counted } from '../output/counted.js';
import type { Column, Tone } from '../output/output.js';
import { cut } from '../output/drawTable.js';
import type { Paint } from '../output/paint.js';
import { plainLine } from '../output/plain.js';
import { shortTime } from '../output/times.js';
import { formatDuration } from '../program/duration.js';
import { bar } from './bars.js';

export function rolloutTone(status: Rollout['status']): Tone | undefined {
  if (status === 'completed') return 'good';
  return status === 'running' || status === 'opening' ? undefined : 'bad';
}

export const ROLLOUT_COLUMNS: readonly Column<Rollout>[] = [
  { header: 'ID', firm: true, value: ({ id }) => id },
  { header: 'NAME', value: ({ name }) => name },
  { header: 'KIND', value: ({ kind, dryRun }) => `${kind}${dryRun ? ' (dry run)' : ''}` },
  { header: 'STATUS', firm: true, value: ({ status }) => status, tone: ({ status }) => rolloutTone(status) },
  { header: 'REASON', minor: 2, value: ({ reason }) => reason },
  { header: 'CLIENTS', value: ({ rows }) => rows, right: true },
  { header: 'ENDED', value: endedRows, right: true },
  { header: 'FAILED', value: ({ counts }) => counts.failed, right: true },
  { header: 'REQUESTED', firm: true, minor: 1, value: ({ requestedAt }) => shortTime(requestedAt) },
];

export const ROLLOUT_CLIENT_COLUMNS: readonly Column<RolloutClient>[] = [
  { header: 'ROW', value: ({ row }) => row, right: true },
  { header: 'REGISTRY', minor: 1, value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  {
    header: 'STATE',
    firm: true,
    value: ({ state }) => state,
    tone: ({ state }) => (state === 'failed' ? 'bad' : state === 'completed' ? 'good' : undefined),
  },
  { header: 'CODE', value: ({ code, problems }) => [code, ...(problems ?? [])].filter(Boolean).join(', ') },
  { header: 'OPERATION', minor: 2, value: ({ operation }) => operation },
];

const BAR = 24;
const LABEL = 11;
/** How many waves are shown around the one in progress: a terminal of 24 lines has room for all lines of a rollout. */
const SHOWN_WAVES = 8;

/**
 * A rollout in a few lines: bars of all clients and of each wave, or of those around the one in progress; rate, time
 * left, and how it compares with the shortest time that Azure Resource Manager allows. What is unknown is called
 * unknown.
 */
export function rolloutLines(rollout: Rollout, width: number | undefined, paint: Paint): string[] {
  const { id, name, kind, status, dryRun, reason, waitsUntil, rows, counts, failures } = rollout;
  /** Cut to what is left of a line of the terminal, since one that it wraps would be drawn over the next time. */
  const fit = (text: string, taken = 0): string => (width === undefined ? text : cut(text, Math.max(1, width - taken)));
  const line = (label: string, text: string): string => `${paint(label.padEnd(LABEL), 'faint')}${fit(text, LABEL)}`;
  const title = name === undefined ? '' : `${plainLine(name)}: `;
  const waits = [reason, waitsUntil === undefined ? undefined : `until ${shortTime(waitsUntil)}`].filter(Boolean);
  const waiting = waits.length > 0 ? ` (${waits.join(', ')})` : '';
  const ended = endedRows(rollout);
  const done = dryRun ? 'planned' : 'completed';
  const parts = [
    `${counts[done]} ${done}`,
    ...(['failed', 'cancelled', 'running', 'waiting'] as const).map((state) => `${counts[state]} ${state}`),
  ];
  const codes = Object.entries(failures).map(([code, count]) => `${count} ${plainLine(code)}`);
  return [
    `${paint(fit(`${title}${kind}${dryRun ? ' (dry run)' : ''}`, 2 + status.length + waiting.length), 'strong')}  ${paint(status, rolloutTone(status) ?? 'strong')}${waiting}`,
    paint(fit(`rollout ${plainLine(id)}`), 'faint'),
    line('clients', `${bar(ended, rows, BAR)} ${ended} of ${rows}`),
    line('', parts.join(', ')),
    ...waveLines(rollout).map(([label, text]) => line(label, text)),
    ...(rollout.endedAt === undefined ? [line('rate', rateText(rollout)), line('time left', leftText(rollout))] : []),
    line('floor', floorText(rollout)),
    ...(codes.length > 0 ? [line('failures', codes.join(', '))] : []),
  ];
}

type Line = readonly [label: string, text: string];

function waveLines(rollout: Rollout): Line[] {
  const { wave } = rollout;
  const { current, of } = wave;
  const all = wavesOf(rollout);
  // An app of an earlier version does not say how large its waves are.
  if (all === undefined)
    return [
      ['waves', `${current} of ${of}`],
      ['', `${counted(wave.rows, 'client')} in the wave in progress; how many have ended is unknown`],
    ];
  if (wave.rows === 0) return [['waves', 'none has started']];
  const shown = wavesAround(all, current, SHOWN_WAVES);
  const more = all.length - shown.length;
  return [
    ['waves', `${current} of ${of}${more > 0 ? `, and ${counted(more, 'wave')} not shown` : ''}`],
    ...shown.map((one): Line => [`wave ${one.number}`, waveText(one)]),
  ];
}

function waveText({ rows, ended }: Wave): string {
  return ended === undefined
    ? `${counted(rows, 'client')}; how many have ended is unknown`
    : `${bar(ended, rows, BAR)} ${ended} of ${rows}`;
}

function rateText({ ratePerMinute }: Rollout): string {
  return ratePerMinute === undefined
    ? 'unknown yet'
    : `${counted(Math.round(ratePerMinute * 10) / 10, 'client')} a minute`;
}

function leftText({ secondsLeft }: Rollout): string {
  return secondsLeft === undefined ? 'unknown' : `about ${formatDuration(secondsLeft)}`;
}

function floorText({ floor }: Rollout): string {
  const shortest = `the shortest time that Azure Resource Manager allows (${formatDuration(floor.seconds)})`;
  return floor.ratio === undefined
    ? `unknown yet, as a multiple of ${shortest}`
    : `${floor.ratio.toFixed(2)} times ${shortest}`;
}
