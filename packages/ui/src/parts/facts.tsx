import type { ComponentChildren, JSX } from 'preact';

/** A name and its value; undefined if there is none to show. */
export type Fact = readonly [name: string, value: ComponentChildren];

/** Names and values in two columns. Facts without a value are left out. */
export function Facts({ of }: { readonly of: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts">
      {of.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
