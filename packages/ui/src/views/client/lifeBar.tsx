import type { JSX } from 'preact';
import { absolute, fromNow } from '../../format/times.js';
import { LIFE_LENGTH, lifeGroups, lifeOf, type LifeDates, type LifeEvent } from './life.js';

const NAMES: Readonly<Record<LifeEvent, string>> = {
  issued: 'Issued',
  verified: 'Verified by a pull',
  rotationDue: 'Rotation due',
  previousEnds: 'Previous password ends',
  expires: 'Expires',
  now: 'Now',
};

/** The same for what has passed. */
const PAST_NAMES: Readonly<Partial<Record<LifeEvent, string>>> = {
  rotationDue: 'Rotation was due',
  previousEnds: 'Previous password to be revoked since',
  expires: 'Expired',
};

/** A credential's life as a bar, with its events by time. @param now milliseconds since 1970 */
export function LifeBar({ dates, now }: { readonly dates: LifeDates; readonly now: number }): JSX.Element {
  const life = lifeOf(dates, now);
  if (life === undefined) return <p class="quiet">The dates of its issue and expiry cannot be read.</p>;
  const events = life.points.filter(({ event }) => event !== 'now');
  const present = life.points.find(({ event }) => event === 'now');
  const nameOf = (event: LifeEvent, at: number) => (at <= now ? PAST_NAMES[event] : undefined) ?? NAMES[event];
  return (
    <figure class="life">
      <div
        class="life-frame"
        role="img"
        aria-label={events.map(({ event, at }) => `${nameOf(event, at)} ${fromNow(at, now)}`).join(', ')}
      >
        <svg class="bar" viewBox={`0 0 ${LIFE_LENGTH} 10`} preserveAspectRatio="none" aria-hidden="true">
          {life.zones.map(({ tone, start, end, hasPassed }) => (
            <rect
              key={`${tone} ${hasPassed}`}
              class={`fill-${tone}${hasPassed ? '' : ' ahead'}`}
              x={start}
              y={0}
              width={end - start}
              height={10}
            />
          ))}
        </svg>
        {present !== undefined && (
          <span class="life-now" style={{ left: percent(present.place) }}>
            <span>now</span>
          </span>
        )}
        {events.map(({ event, place }) => (
          <span key={event} class="life-tick" style={{ left: percent(place) }} />
        ))}
        {lifeGroups(events).map(({ place, numbers }) => (
          <span key={place} class="life-number" style={{ left: percent(place) }}>
            {numbers.join(' ')}
          </span>
        ))}
      </div>
      <ol class="life-events">
        {events.map(({ event, at }) => {
          const instant = new Date(at).toISOString();
          return (
            <li key={event}>
              <span>
                {nameOf(event, at)}
                {event === 'previousEnds' && dates.revokes !== undefined && ` (${dates.revokes.slot})`}
              </span>{' '}
              <time dateTime={instant}>
                <strong>{fromNow(at, now)}</strong> <span class="quiet nowrap">{absolute(instant)}</span>
              </time>
            </li>
          );
        })}
      </ol>
    </figure>
  );
}

function percent(place: number): string {
  return `${(100 * place) / LIFE_LENGTH}%`;
}
