import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Inventory } from '../../data/inventory.js';
import { counted } from '../../format/numbers.js';
import { useInventory, useOverview } from '../../layout/fleet.js';
import { Heading } from '../../layout/heading.js';
import type { View, ViewProps } from '../../layout/view.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { useNow } from '../../parts/time.js';
import type { Query } from '../../routing/address.js';
import { daysFrom } from './days.js';
import { DayTable } from './dayTable.js';
import { dayTexts } from './dayTexts.js';
import { hasSomething, planOf } from './plan.js';
import { RotationList } from './rotationList.js';
import { ScheduleChart } from './scheduleChart.js';

/** Days that the view may show; the first is the default. */
const LENGTHS = ['30', '90'] as const;

function Schedule({ query }: ViewProps): JSX.Element {
  const inventory = useInventory();
  const overview = useOverview();
  const length = LENGTHS.find((one) => one === query['days']) ?? LENGTHS[0];
  return (
    <>
      <Heading
        aside={
          <>
            <Freshness of={inventory} />
            <ul class="chips" aria-label="Days">
              {LENGTHS.map((one) => (
                <li key={one}>
                  <Go to={['schedule']} query={{ days: one === LENGTHS[0] ? undefined : one }} current={one === length}>
                    {one} days
                  </Go>
                </li>
              ))}
            </ul>
          </>
        }
      >
        Schedule
      </Heading>
      <Shown of={inventory} what="Clients" hasAgeElsewhere>
        {(rows) => (
          <Shown of={overview} what="Freeze windows" hasAgeElsewhere>
            {(fleet) => <Days rows={rows} fleet={fleet} length={Number(length)} query={query} />}
          </Shown>
        )}
      </Shown>
    </>
  );
}

/** The browser's own. */
const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

function Days({
  rows,
  fleet,
  length,
  query,
}: {
  readonly rows: Inventory;
  readonly fleet: Overview;
  readonly length: number;
  readonly query: Query;
}): JSX.Element {
  const now = useNow(60_000);
  const texts = useMemo(() => dayTexts(ZONE), []);
  const days = useMemo(() => daysFrom(now, length, ZONE), [now, length]);
  const plan = useMemo(() => planOf(rows, fleet, days, now), [rows, fleet, days, now]);
  const { overdue, later, unknown, frozenUntil, known } = plan;
  const end = days.at(-1)?.until ?? now;
  return (
    <>
      {frozenUntil !== undefined && (
        <p class="notice warn" role="status">
          A freeze is in effect: no rotation begins before {texts.instant(frozenUntil)}.
        </p>
      )}
      {overdue.length > 0 && (
        <Card title="Overdue" aside={counted(overdue.length, 'client')}>
          <p class="quiet">
            Due by age, and not rotated yet: the next sweep begins them, unless a freeze, a sync or a failure puts them
            off.
          </p>
          <RotationList caption="Overdue rotations, the longest due first" rotations={overdue} now={now} />
        </Card>
      )}
      <Card title={`The next ${length} days`} aside={<>time zone: {ZONE}</>}>
        {plan.days.some(hasSomething) && <ScheduleChart plan={plan} texts={texts} now={now} />}
        {known.until < end && (
          <p class="quiet">Freezes are known until {texts.instant(known.until)}; what comes after is not drawn.</p>
        )}
        <p class="quiet">
          {later > 0 && <>{counted(later, 'rotation')} after these days. </>}
          {unknown > 0 && <>{counted(unknown, 'client')} with a due time that cannot be read.</>}
        </p>
        <DayTable plan={plan} texts={texts} query={query} now={now} />
      </Card>
    </>
  );
}

export const scheduleView: View = { path: '/schedule', nav: 'Schedule', title: () => 'Schedule', component: Schedule };
