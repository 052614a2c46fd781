import { endedRows } from '@connected-registry/protocol/answers/rolloutWaves';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { counted } from '../output/counted.js';
import { tableOf, type Output } from '../output/output.js';
import { exactTime } from '../output/times.js';
import { formatDuration } from '../program/duration.js';
import { ROLLOUT_COLUMNS } from './rollout.js';

/** One rollout with its numbers. */
export function rolloutOutput(rollout: Rollout): Output {
  const { id, name, kind, status, reason, waitsUntil, dryRun, rows, counts, failures, wave, floor, writes } = rollout;
  const states = Object.entries(counts).filter(([, count]) => count > 0);
  return {
    data: rollout,
    table: tableOf([rollout], ROLLOUT_COLUMNS),
    names: [id],
    blocks: [
      {
        fields: [
          ['rollout', id],
          ['name', name],
          ['kind', `${kind}${dryRun ? ' (dry run)' : ''}`],
          ['status', `${status}${reason === undefined ? '' : ` (${reason})`}`],
          ['waits until', exactTime(waitsUntil)],
          ['requested', `${exactTime(rollout.requestedAt)} by ${rollout.requestedBy}`],
          ['started', exactTime(rollout.startedAt)],
          ['ended', exactTime(rollout.endedAt)],
          [
            'clients',
            [`${endedRows(rollout)} of ${rows} ended`, states.map(([state, count]) => `${count} ${state}`).join(', ')]
              .filter((part) => part !== '')
              .join(': '),
          ],
          ['wave', `${wave.current} of ${wave.of}, ${counted(wave.rows, 'client')}`],
          [
            'rate',
            rollout.ratePerMinute === undefined
              ? undefined
              : `${counted(Math.round(rollout.ratePerMinute * 10) / 10, 'client')} a minute`,
          ],
          ['time left', rollout.secondsLeft === undefined ? undefined : `about ${formatDuration(rollout.secondsLeft)}`],
          ['writes', `${Math.round(writes.done)} of ${Math.round(writes.needed)}`],
          [
            'floor',
            `${formatDuration(floor.seconds)}${floor.ratio === undefined ? '' : `; it took ${floor.ratio.toFixed(2)} times that`}`,
          ],
        ],
      },
      ...(Object.keys(failures).length === 0
        ? []
        : [
            {
              title: 'Failures',
              fields: Object.entries(failures).map(([code, count]) => [code, String(count)] as const),
            },
          ]),
    ],
  };
}
