import type { JSX } from 'preact';
import { whole } from '../format/numbers.js';
import { textHead } from '../format/textHead.js';
import { Text } from './text.js';

/** Characters that are shown at once. */
const SHOWN = 400;

/** A message from outside, of any length: what is long is shown on request. */
export function LongText({ of }: { readonly of: string }): JSX.Element {
  const head = textHead(of, SHOWN);
  if (head === of) return <Text of={of} />;
  return (
    <>
      <Text of={`${head} …`} />
      <details>
        <summary>All {whole(of.length)} characters</summary>
        <Text of={of} />
      </details>
    </>
  );
}
