/** A bar of so many characters: `[######....]`. */
export function bar(part: number, whole: number, width: number): string {
  const ratio = whole <= 0 ? 1 : Math.min(1, Math.max(0, part / whole));
  // Never full before the end, never empty after the beginning.
  const filled = ratio === 1 ? width : Math.min(width - 1, Math.max(ratio > 0 ? 1 : 0, Math.round(ratio * width)));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}
