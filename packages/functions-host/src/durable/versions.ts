/** Compares orchestration versions (public source: Azure/durabletask, VersioningSettings.CompareVersions). */

/** Negative if `a` is older, positive if it is newer. A missing version is older than any other. */
export function compareVersions(a: string | null, b: string | null): number {
  const left = a?.trim() ?? '';
  const right = b?.trim() ?? '';
  if (left === '' || right === '') return (left === '' ? 0 : 1) - (right === '' ? 0 : 1);
  const leftParts = dotted(left);
  const rightParts = dotted(right);
  if (leftParts !== undefined && rightParts !== undefined) {
    for (let index = 0; index < 4; index += 1) {
      const difference = (leftParts[index] ?? -1) - (rightParts[index] ?? -1);
      if (difference !== 0) return difference;
    }
    return 0;
  }
  const [x, y] = [left.toLowerCase(), right.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Two to four numbers, as .NET's Version accepts. */
function dotted(text: string): number[] | undefined {
  return /^\d+(\.\d+){1,3}$/.test(text) ? text.split('.').map(Number) : undefined;
}
