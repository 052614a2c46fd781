import type { StartPlan } from './startPlan.js';
import { waveOf } from './waves.js';

/** Maximum clients of one check. It divides the rows of a piece, so that no group is in two pieces. */
const CHECK_CLIENTS = 100;

/**
 * Groups rows by the check that they share. A row's group follows from its number and its wave alone, not from how many
 * rows may start: a repetition must find the same groups, since the id of a check follows from its rows.
 *
 * @param rows rows that wait, in their order; of each group all or none. `row`: from 0, in the whole rollout
 */
export function checkGroups<Row extends { readonly row: number }>(
  { waves }: Pick<StartPlan, 'waves'>,
  rows: readonly Row[],
): readonly (readonly Row[])[] {
  const groups = new Map<string, Row[]>();
  for (const one of rows) {
    const name = `${waves === undefined ? 0 : waveOf({ waves }, one.row)} ${Math.floor(one.row / CHECK_CLIENTS)}`;
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  return [...groups.values()];
}
