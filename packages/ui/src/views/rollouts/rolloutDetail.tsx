import { endedRows, wavesAround, wavesOf, type Wave } from '@connected-registry/protocol/answers/rolloutWaves';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { ComponentChildren, JSX } from 'preact';
import { RolloutActions } from '../../actions/rolloutActions.js';
import { counted, whole } from '../../format/numbers.js';
import { absolute, span } from '../../format/times.js';
import { Heading } from '../../layout/heading.js';
import { EVERY, usePolled } from '../../layout/services.js';
import type { View, ViewProps } from '../../layout/view.js';
import { Badge, ROLLOUT_TONES } from '../../parts/badge.js';
import { Bar } from '../../parts/bar.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { Code, Text } from '../../parts/text.js';
import { Moment, useNow } from '../../parts/time.js';
import { pathTo } from '../../routing/address.js';
import { clientParts, countsText, floorText, leftText, rateText } from './rolloutFigures.js';
import { RolloutRows } from './rolloutRows.js';

function RolloutDetail({ params, query }: ViewProps): JSX.Element {
  const id = params['id'] ?? '';
  const rollout = usePolled<Rollout>(pathTo('rollouts', id), {}, EVERY.live);
  const { name = id, status } = rollout.value ?? {};
  return (
    <>
      <p class="crumbs">
        <Go to={['rollouts']}>Rollouts</Go>
      </p>
      <Heading
        aside={
          <>
            {status !== undefined && <Badge tone={ROLLOUT_TONES[status]}>{status}</Badge>}
            <Freshness of={rollout} />
          </>
        }
      >
        <Text of={name} />
      </Heading>
      <Shown of={rollout} what="Rollout" hasAgeElsewhere>
        {(value) => <Details rollout={value} />}
      </Shown>
      {rollout.value !== undefined && <RolloutActions rollout={rollout.value} />}
      {rollout.value !== undefined && <RolloutRows rollout={rollout.value} query={query} />}
    </>
  );
}

function Details({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const now = useNow(5000);
  const { rows, failures } = rollout;
  const done = endedRows(rollout);
  const codes = Object.entries(failures).sort(([, one], [, other]) => other - one);
  return (
    <>
      <Card title="Clients" aside={`${whole(done)} of ${whole(rows)} have ended`}>
        <Bar parts={clientParts(rollout)} whole={rows} label={`${done} of ${rows} clients have ended`} />
        <p class="quiet">{countsText(rollout)}</p>
        {codes.length > 0 && (
          <ul class="inline">
            {codes.map(([code, count]) => (
              <li key={code}>
                <Code of={code} /> {whole(count)}
              </li>
            ))}
          </ul>
        )}
      </Card>
      <div class="cards">
        <Facts rollout={rollout} now={now} />
        <Waves rollout={rollout} />
      </div>
    </>
  );
}

function Facts({ rollout, now }: { readonly rollout: Rollout; readonly now: number }): JSX.Element {
  const { id, kind, dryRun, reason, waitsUntil, requestedBy, requestedAt, startedAt, endedAt, writes, floor } = rollout;
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    ['Kind', `${kind}${dryRun ? ', dry run' : ''}`],
    ...(reason === undefined
      ? []
      : [
          [
            'Waits for',
            <>
              {reason}
              {waitsUntil !== undefined && <>, until {absolute(waitsUntil)}</>}
            </>,
          ] as const,
        ]),
    ['Rate', rateText(rollout)],
    ['Time left', leftText(rollout)],
    ['Times the floor', floorText(rollout)],
    ['Floor', `${span(floor.seconds * 1000)}, the least in which Azure accepts the writes so far`],
    ['Writes', `${whole(Math.round(writes.done))} of ${whole(Math.round(writes.needed))}`],
    ['Requested', <Since at={requestedAt} now={now} by={requestedBy} />],
    ...(startedAt === undefined ? [] : [['Started', <Moment at={startedAt} now={now} />] as const]),
    ...(endedAt === undefined ? [] : [['Ended', <Moment at={endedAt} now={now} />] as const]),
    ['Id', <Code of={id} />],
  ];
  return (
    <Card title="Progress">
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Since({ at, now, by }: { readonly at: string; readonly now: number; readonly by: string }): JSX.Element {
  return (
    <>
      <Moment at={at} now={now} /> by <Text of={by} />
    </>
  );
}

/** How many waves are shown around the one in progress. */
const SHOWN_WAVES = 12;

/** A bar for each wave. */
function Waves({ rollout }: { readonly rollout: Rollout }): JSX.Element {
  const { wave } = rollout;
  const all = wavesOf(rollout);
  if (all === undefined)
    return (
      <Card title="Waves" aside={`${wave.current} of ${wave.of}`}>
        <p>{counted(wave.rows, 'client')} in the wave in progress.</p>
      </Card>
    );
  const shown = wavesAround(all, wave.current, SHOWN_WAVES);
  return (
    <Card title="Waves" aside={`${wave.current} of ${wave.of}`}>
      <ol class="waves">
        {shown.map((one) => (
          <li key={one.number} {...(one.number === wave.current ? { 'aria-current': 'step' as const } : {})}>
            <span>{one.number}</span>
            <WaveBar wave={one} />
          </li>
        ))}
      </ol>
      {shown.length < all.length && <p class="quiet">{counted(all.length - shown.length, 'wave')} more.</p>}
    </Card>
  );
}

function WaveBar({ wave: { number, rows, ended: done } }: { readonly wave: Wave }): JSX.Element {
  if (done === undefined)
    return <span class="quiet">How many of {counted(rows, 'client')} have ended is unknown.</span>;
  return (
    <>
      <Bar
        parts={[{ size: done, tone: done === rows ? 'good' : 'busy' }]}
        whole={rows}
        label={`Wave ${number}: ${done} of ${rows} clients have ended`}
      />
      <span class="number quiet">
        {whole(done)} of {whole(rows)}
      </span>
    </>
  );
}

export const rolloutView: View = {
  path: '/rollouts/:id',
  title: ({ id = '' }) => `Rollout ${id}`,
  component: RolloutDetail,
};
