/**
 * Rules for differences that are only timing. A rule compares everything that both hosts did in all runs so far; what
 * it does not explain stays a difference.
 */
import { isDeepStrictEqual } from 'node:util';

import type { View } from '../run/view.js';

export interface Pair {
  readonly real: View;
  readonly local: View;
}

interface Rule {
  readonly name: string;
  readonly explains: (seen: readonly Pair[]) => boolean;
}

const rules: readonly Rule[] = [
  {
    // The program orders less than it shows. What one host did in one run, the other did in another, in every detail.
    name: 'both hosts do both',
    explains: (seen) => seen.some(({ real }) => seen.some(({ local }) => isDeepStrictEqual(real, local))),
  },
];

/** The first rule that explains what differs; undefined if none does. */
export const explainedBy = (seen: readonly Pair[]): string | undefined =>
  rules.find(({ explains }) => explains(seen))?.name;
