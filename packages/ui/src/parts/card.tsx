import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Text } from './text.js';

/** A titled part of a view. */
export function Card({
  title,
  aside,
  size,
  children,
}: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  /** Takes two places in a row of cards. */
  readonly size?: 'wide';
  readonly children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <section class={size === undefined ? 'card' : `card ${size}`} aria-labelledby={id}>
      <div class="card-title">
        <h2 id={id}>
          <Text of={title} />
        </h2>
        {aside !== undefined && <span class="quiet">{aside}</span>}
      </div>
      {children}
    </section>
  );
}
