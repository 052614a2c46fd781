import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { absolute, fromNow, span } from '../format/times.js';
import { useServices } from '../layout/services.js';

/** The time, again and again. @param every milliseconds */
export function useNow(every: number): number {
  const { world } = useServices();
  const [now, setNow] = useState(() => world.now());
  useEffect(() => {
    let cancel = () => {};
    const tick = () => {
      setNow(world.now());
      cancel = world.after(every, tick);
    };
    cancel = world.after(every, tick);
    return () => cancel();
  }, [world, every]);
  return now;
}

/** An instant of the API, as seen from now: `in 3 d`. The whole of it is in its title. */
export function Moment({ at, now }: { readonly at: string; readonly now: number }): JSX.Element {
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={absolute(at)}>
      {Number.isNaN(time) ? absolute(at) : fromNow(time, now)}
    </time>
  );
}

/** How long ago what is shown was read. */
export function Age({ readAt }: { readonly readAt: number }): JSX.Element {
  const now = useNow(1000);
  return <time dateTime={new Date(readAt).toISOString()}>{`${span(now - readAt)} ago`}</time>;
}
