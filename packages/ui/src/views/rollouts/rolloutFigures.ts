import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { whole } from '../../format/numbers.js';
import { span } from '../../format/times.js';
import type { BarPart } from '../../parts/bar.js';

/** All clients as parts of a bar; those that wait leave it empty. */
export function clientParts({ counts }: Pick<Rollout, 'counts'>): BarPart[] {
  return [
    { size: counts.completed + counts.planned, tone: 'good' },
    { size: counts.failed, tone: 'bad' },
    { size: counts.cancelled, tone: 'quiet' },
    { size: counts.running, tone: 'busy' },
  ];
}

/** The counts that are not zero, in words. */
export function countsText({ counts }: Pick<Rollout, 'counts'>): string {
  const parts = (['completed', 'planned', 'failed', 'cancelled', 'running', 'waiting'] as const).flatMap((state) =>
    counts[state] === 0 ? [] : [`${whole(counts[state])} ${state}`],
  );
  return parts.join(', ') || 'no clients';
}

/** Clients that end, `12.5 a minute`. */
export function rateText({ ratePerMinute, endedAt }: Pick<Rollout, 'ratePerMinute' | 'endedAt'>): string {
  if (ratePerMinute !== undefined) return `${Math.round(ratePerMinute * 10) / 10} a minute`;
  return endedAt === undefined ? 'not known yet' : 'not known';
}

export function leftText({ secondsLeft, endedAt }: Pick<Rollout, 'secondsLeft' | 'endedAt'>): string {
  if (endedAt !== undefined) return 'ended';
  return secondsLeft === undefined ? 'unknown' : `about ${span(secondsLeft * 1000)}`;
}

/** Its time so far as a multiple of the floor: the shortest that Azure Resource Manager allows. */
export function floorText({ floor }: Pick<Rollout, 'floor'>): string {
  return floor.ratio === undefined ? 'not known yet' : `${floor.ratio.toFixed(2)} ×`;
}
