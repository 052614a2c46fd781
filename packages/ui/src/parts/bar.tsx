import type { JSX } from 'preact';

export interface BarPart {
  /** How much of the whole. */
  readonly size: number;
  readonly tone: Tone;
}

/** What a colour stands for. It is never the only sign: a word or a number is beside it. */
export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

/**
 * A bar of parts. What is left of the whole stays empty.
 *
 * @param label says the same in words, for those who do not see it
 */
export function Bar({
  parts,
  whole,
  label,
}: {
  readonly parts: readonly BarPart[];
  readonly whole: number;
  readonly label: string;
}): JSX.Element {
  return (
    <svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label={label}>
      {segments(parts, whole).map(({ tone, start, width }) => (
        <rect key={tone} class={`fill-${tone}`} x={start} y={0} width={width} height={10} />
      ))}
    </svg>
  );
}

/** Each part's place on a bar of 1,000 units. What is not empty is visible, as long as the bar has room. */
export function segments(
  parts: readonly BarPart[],
  whole: number,
): { readonly tone: Tone; readonly start: number; readonly width: number }[] {
  const LEAST = 8;
  let start = 0;
  return parts.flatMap(({ size, tone }) => {
    if (size <= 0 || whole <= 0) return [];
    const width = Math.min(1000 - start, Math.max(LEAST, (1000 * size) / whole));
    const segment = { tone, start, width };
    start += width;
    return width > 0 ? [segment] : [];
  });
}
