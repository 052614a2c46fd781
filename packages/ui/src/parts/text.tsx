import type { JSX } from 'preact';
import { plainText } from '../format/plainText.js';

/** Text from outside: of a name, a device, a service. It cannot change the text around it. */
export function Text({ of }: { readonly of: string }): JSX.Element {
  return <bdi>{plainText(of)}</bdi>;
}

/** The same in a fixed-width font: ids, codes, names of resources. */
export function Code({ of }: { readonly of: string }): JSX.Element {
  return (
    <code>
      <bdi>{plainText(of)}</bdi>
    </code>
  );
}
