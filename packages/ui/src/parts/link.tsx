import type { ComponentChildren, JSX } from 'preact';
import { hashOf, pathOf } from '../routing/address.js';

/** A link to another place of the page. @param to parts of its path, which may contain anything */
export function Go({
  to,
  query,
  current,
  children,
}: {
  readonly to: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <a href={hashOf(pathOf(...to), query)} {...(current === true ? { 'aria-current': 'page' as const } : {})}>
      {children}
    </a>
  );
}
