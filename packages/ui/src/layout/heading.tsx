import type { ComponentChildren, JSX } from 'preact';

/** A view's one heading of the first level. It gets the focus after a navigation. */
export function Heading({
  children,
  aside,
}: {
  readonly children: ComponentChildren;
  readonly aside?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="heading">
      <h1 tabIndex={-1}>{children}</h1>
      {aside !== undefined && <div class="aside">{aside}</div>}
    </div>
  );
}
