import type { JSX } from 'preact';
import { counted, whole } from '../../format/numbers.js';
import type { DayTexts } from './dayTexts.js';
import type { Plan, PlannedDay } from './plan.js';

const WIDTH = 1000;
const HEIGHT = 100;
/** The part of a day's width that its column takes. */
const COLUMN = 0.72;
/** The least height of a column that is not empty. */
const LEAST = 3;

/** Rotations by day as columns, with the freezes behind them. The table below has the same in words. */
export function ScheduleChart({
  plan: { days, freezes },
  texts,
  now,
}: {
  readonly plan: Plan;
  readonly texts: DayTexts;
  readonly now: number;
}): JSX.Element | null {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return null;
  const most = Math.max(1, ...days.map(({ rotations }) => rotations.length));
  const total = days.reduce((sum, { rotations }) => sum + rotations.length, 0);
  const placeOf = (at: number) => (WIDTH * (at - first.from)) / (last.until - first.from);
  const heightOf = (count: number) => (count === 0 ? 0 : Math.max(LEAST, (HEIGHT * count) / most));
  const every = Math.ceil(days.length / 6);
  return (
    <figure class="chart">
      <span class="chart-most quiet number">{whole(most)}</span>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${counted(total, 'rotation')} in ${days.length} days, at most ${whole(most)} on one day. The table below has each day.`}
      >
        <defs>
          <pattern id="frozen" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="frozen-back" width="6" height="6" />
            <rect class="frozen-line" width="2" height="6" />
          </pattern>
        </defs>
        {freezes.map(({ from, until }) => (
          <rect
            key={from}
            x={placeOf(from)}
            y={0}
            width={placeOf(until) - placeOf(from)}
            height={HEIGHT}
            fill="url(#frozen)"
          />
        ))}
        {days.map((day) => (
          <Column key={day.date} day={day} placeOf={placeOf} heightOf={heightOf} texts={texts} />
        ))}
        <line class="chart-now" x1={placeOf(now)} x2={placeOf(now)} y1={0} y2={HEIGHT} />
      </svg>
      <div class="chart-days quiet" aria-hidden="true">
        {days
          .filter((_, index) => index % every === 0)
          .map((day) => (
            <span key={day.date} style={{ left: `${(100 * placeOf(day.from)) / WIDTH}%` }}>
              {texts.short(day)}
            </span>
          ))}
      </div>
      <figcaption class="line quiet" aria-hidden="true">
        <span class="key busy">rotations</span>
        <span class="key warn">put off by a freeze</span>
        <span class="key frozen">freeze</span>
      </figcaption>
    </figure>
  );
}

function Column({
  day,
  placeOf,
  heightOf,
  texts,
}: {
  readonly day: PlannedDay;
  readonly placeOf: (at: number) => number;
  readonly heightOf: (count: number) => number;
  readonly texts: DayTexts;
}): JSX.Element | null {
  const { from, until, rotations, deferred } = day;
  if (rotations.length === 0) return null;
  const width = (placeOf(until) - placeOf(from)) * COLUMN;
  const x = placeOf(from) + (placeOf(until) - placeOf(from) - width) / 2;
  const height = heightOf(rotations.length);
  const deferredHeight = (height * deferred) / rotations.length;
  return (
    <g>
      <title>{`${texts.day(day)}: ${counted(rotations.length, 'rotation')}`}</title>
      <rect class="fill-busy" x={x} y={HEIGHT - height} width={width} height={height - deferredHeight} />
      <rect class="fill-warn" x={x} y={HEIGHT - deferredHeight} width={width} height={deferredHeight} />
    </g>
  );
}
