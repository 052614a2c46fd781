import { endedRows } from '@connected-registry/protocol/answers/rolloutWaves';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { JSX } from 'preact';
import { counted, whole } from '../../format/numbers.js';
import { Badge, ROLLOUT_TONES } from '../../parts/badge.js';
import { Bar } from '../../parts/bar.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Text } from '../../parts/text.js';
import { clientParts, countsText, floorText, leftText, rateText } from '../rollouts/rolloutFigures.js';

/** Rollouts that have not ended. */
export function OpenRollouts({ rollouts }: { readonly rollouts: readonly Rollout[] }): JSX.Element {
  return (
    <Card title="Rollouts in progress" aside={<Go to={['rollouts']}>All rollouts</Go>}>
      {rollouts.length === 0 && <p class="quiet">No rollout is in progress.</p>}
      <ul class="rollouts">
        {rollouts.map((rollout) => (
          <OpenRollout key={rollout.id} rollout={rollout} />
        ))}
      </ul>
    </Card>
  );
}

function OpenRollout({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const { id, name, kind, dryRun, status, rows } = rollout;
  const done = endedRows(rollout);
  return (
    <li>
      <div class="line">
        <Go to={['rollouts', id]}>
          <Text of={name ?? id} />
        </Go>
        <span class="quiet">
          {kind}
          {dryRun && ', dry run'}
        </span>
        <Badge tone={ROLLOUT_TONES[status]}>{status}</Badge>
        <span class="grow" />
        <span class="number">
          {whole(done)} of {counted(rows, 'client')}
        </span>
      </div>
      <Bar parts={clientParts(rollout)} whole={rows} label={`${done} of ${rows} clients have ended`} />
      <div class="line quiet">
        <span>{countsText(rollout)}</span>
        <span>Rate: {rateText(rollout)}</span>
        <span>Time left: {leftText(rollout)}</span>
        <span>Times the floor: {floorText(rollout)}</span>
      </div>
    </li>
  );
}
