import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { counted } from '../output/counted.js';
import type { Column, Tone } from '../output/output.js';
import { cut } from '../output/drawTable.js';
import type { Paint } from '../output/paint.js';
import { plainLine } from '../output/plain.js';
import { shortTime } from '../output/times.js';
import { formatDuration } from '../program/duration.js';
import { bar } from './bars.js';

/** Rows that have ended, in any way. */
export function endedRows({ counts }: Pick<Rollout, 'counts'>): number {
  return counts.completed + counts.failed + counts.cancelled + counts.planned;
}

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
const LABEL = 10;

/**
 * A rollout in a few lines: bars of all clients, of the waves and of the wave in progress; rate, time left, and how it compares with
 * the shortest time that Azure Resource Manager allows. What is unknown is called unknown.
 */
export function rolloutLines(rollout: Rollout, width: number | undefined, paint: Paint): string[] {
  const { id, name, kind, status, dryRun, reason, waitsUntil, rows, counts, wave, failures } = rollout;
  const fit = (text: string): string => (width === undefined ? text : cut(text, width));
  const beside = (text: string): string => (width === undefined ? text : cut(text, Math.max(1, width - LABEL)));
  const line = (label: string, text: string): string => `${paint(label.padEnd(LABEL), 'faint')}${beside(text)}`;
  const title = name === undefined ? '' : `${plainLine(name)}: `;
  const waits = [reason, waitsUntil === undefined ? undefined : `until ${shortTime(waitsUntil)}`].filter(Boolean);
  const ended = endedRows(rollout);
  const done = dryRun ? 'planned' : 'completed';
  const parts = [
    `${counts[done]} ${done}`,
    ...(['failed', 'cancelled', 'running', 'waiting'] as const).map((state) => `${counts[state]} ${state}`),
  ];
  const codes = Object.entries(failures).map(([code, count]) => `${count} ${plainLine(code)}`);
  return [
    `${paint(fit(`${title}${kind}${dryRun ? ' (dry run)' : ''}`), 'strong')}  ${paint(status, rolloutTone(status) ?? 'strong')}${waits.length > 0 ? ` (${waits.join(', ')})` : ''}`,
    paint(fit(`rollout ${plainLine(id)}`), 'faint'),
    line('clients', `${bar(ended, rows, BAR)} ${ended} of ${rows}`),
    line('', parts.join(', ')),
    line('waves', `${bar(wavesEnded(rollout), wave.of, BAR)} ${wave.current} of ${wave.of}`),
    line('wave', waveText(rollout, ended)),
    ...(rollout.endedAt === undefined ? [line('rate', rateText(rollout)), line('time left', leftText(rollout))] : []),
    line('floor', floorText(rollout)),
    ...(codes.length > 0 ? [line('failures', codes.join(', '))] : []),
  ];
}

function wavesEnded({ status, wave }: Rollout): number {
  return status === 'completed' ? wave.of : Math.max(0, wave.current - 1);
}

/** @returns clients of earlier waves; undefined if the app is of a version that does not say how large its waves are. */
function rowsBefore({ current, first, size }: Rollout['wave']): number | undefined {
  if (first === undefined || size === undefined) return undefined;
  return current <= 1 ? 0 : first + (current - 2) * size;
}

/** Every client of the waves before has ended. */
function waveText({ wave }: Rollout, ended: number): string {
  if (wave.rows === 0) return 'none has started';
  const before = rowsBefore(wave);
  if (before === undefined) return `${counted(wave.rows, 'client')}; how many have ended is unknown`;
  const inWave = Math.min(wave.rows, Math.max(0, ended - before));
  return `${bar(inWave, wave.rows, BAR)} ${inWave} of ${wave.rows}`;
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
