import { endedRows } from '@connected-registry/protocol/answers/rolloutWaves';
import type { Rollout, RolloutPage } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { JSX } from 'preact';
import { Heading } from '../../layout/heading.js';
import { EVERY, usePolled } from '../../layout/services.js';
import type { View } from '../../layout/view.js';
import { Badge, ROLLOUT_TONES } from '../../parts/badge.js';
import { Bar } from '../../parts/bar.js';
import { Go } from '../../parts/link.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { Text } from '../../parts/text.js';
import { Moment, useNow } from '../../parts/time.js';
import { clientParts, countsText, floorText, leftText, rateText } from './rolloutFigures.js';

function Rollouts(): JSX.Element {
  const rollouts = usePolled<RolloutPage>('rollouts', { top: 50 }, EVERY.live);
  return (
    <>
      <Heading aside={<Freshness of={rollouts} />}>Rollouts</Heading>
      <Shown of={rollouts} what="Rollouts" hasAgeElsewhere>
        {({ rollouts: list }) => (list.length === 0 ? <p>There are no rollouts.</p> : <RolloutTable rollouts={list} />)}
      </Shown>
    </>
  );
}

function RolloutTable({ rollouts }: { readonly rollouts: readonly Rollout[] }): JSX.Element {
  const now = useNow(10_000);
  return (
    <div class="scroll">
      <table>
        <caption class="unseen">Rollouts, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Rollout</th>
            <th scope="col">Status</th>
            <th scope="col">Clients</th>
            <th scope="col" class="aside">
              Rate
            </th>
            <th scope="col" class="aside">
              Time left
            </th>
            <th scope="col" class="aside">
              Times the floor
            </th>
            <th scope="col" class="aside">
              Requested
            </th>
          </tr>
        </thead>
        <tbody>
          {rollouts.map((rollout) => (
            <RolloutRow key={rollout.id} rollout={rollout} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RolloutRow({ rollout, now }: { readonly rollout: Rollout; readonly now: number }): JSX.Element {
  const { id, name, kind, dryRun, status, reason, rows, requestedAt } = rollout;
  return (
    <tr>
      <th scope="row">
        <Go to={['rollouts', id]}>
          <Text of={name ?? id} />
        </Go>
        <div class="quiet">
          {kind}
          {dryRun && ', dry run'}
        </div>
      </th>
      <td>
        <Badge tone={ROLLOUT_TONES[status]}>{status}</Badge>
        {reason !== undefined && <div class="quiet">{reason}</div>}
      </td>
      <td>
        <Bar parts={clientParts(rollout)} whole={rows} label={`${endedRows(rollout)} of ${rows} clients have ended`} />
        <div class="quiet">{countsText(rollout)}</div>
        <div class="narrow quiet">Time left: {leftText(rollout)}</div>
      </td>
      <td class="aside nowrap">{rateText(rollout)}</td>
      <td class="aside">{leftText(rollout)}</td>
      <td class="aside">{floorText(rollout)}</td>
      <td class="aside nowrap">
        <Moment at={requestedAt} now={now} />
      </td>
    </tr>
  );
}

export const rolloutsView: View = {
  path: '/rollouts',
  nav: 'Rollouts',
  title: () => 'Rollouts',
  component: Rollouts,
};
