import type { ComponentType } from 'preact';
import type { Query } from '../routing/address.js';

export interface ViewProps {
  /** Parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
}

/** A place of the page. */
export interface View {
  /** `/rollouts/:id` */
  readonly path: string;
  /** Its word in the navigation; absent if it is reached from another view. */
  readonly nav?: string;
  /** For the window's title. */
  readonly title: (params: Readonly<Record<string, string>>) => string;
  /** Shows one `<Heading>`, which gets the focus after a navigation. */
  readonly component: ComponentType<ViewProps>;
}
