import type { JSX } from 'preact';
import { LongText } from '../../parts/longText.js';

/** A titled list of sentences; nothing if there are none. */
export function TextList({
  title,
  of,
}: {
  readonly title: string;
  readonly of: readonly string[];
}): JSX.Element | null {
  if (of.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul class="texts">
        {of.map((text, index) => (
          <li key={index}>
            <LongText of={text} />
          </li>
        ))}
      </ul>
    </div>
  );
}
