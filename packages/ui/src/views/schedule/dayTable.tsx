import { Fragment, type JSX } from 'preact';
import { whole } from '../../format/numbers.js';
import { Go } from '../../parts/link.js';
import type { Query } from '../../routing/address.js';
import type { DayTexts } from './dayTexts.js';
import { hasSomething, type Plan } from './plan.js';
import { RotationList } from './rotationList.js';

/** The days on which something rotates or is frozen; the one in the address shows its clients. */
export function DayTable({
  plan: { days, known },
  texts,
  query,
  now,
}: {
  readonly plan: Plan;
  readonly texts: DayTexts;
  readonly query: Query;
  readonly now: number;
}): JSX.Element {
  const shown = days.filter(hasSomething);
  if (shown.length === 0) return <p>Nothing is due and nothing is frozen in these days.</p>;
  return (
    <div class="scroll">
      <table class="days">
        <caption class="unseen">Rotations and freezes by day; days without either are left out</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col" class="number">
              Rotations
            </th>
            <th scope="col" class="number">
              After a freeze
            </th>
            <th scope="col">Freeze</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((day) => {
            const isOpen = day.date === query['day'] && day.rotations.length > 0;
            return (
              <Fragment key={day.date}>
                <tr>
                  <th scope="row" class="nowrap">
                    {day.rotations.length === 0 ? (
                      texts.day(day)
                    ) : (
                      <Go to={['schedule']} query={{ ...query, day: isOpen ? undefined : day.date }}>
                        {texts.day(day)} <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
                        <span class="unseen">{isOpen ? ', hide its clients' : ', show its clients'}</span>
                      </Go>
                    )}
                  </th>
                  <td class="number">{whole(day.rotations.length)}</td>
                  <td class="number">{day.deferred === 0 ? '' : whole(day.deferred)}</td>
                  <td>{texts.freezes(day, known)}</td>
                </tr>
                {isOpen && (
                  <tr class="opened">
                    <td colSpan={4}>
                      <RotationList caption={`Rotations of ${texts.day(day)}`} rotations={day.rotations} now={now} />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
