/**
 * Headers with the requests that remain: `-subscription-writes` and the like, `-subscription-global-writes` for all
 * principals together, `-tenant-reads`, and `-subscription-resource-requests` or `-resource` of resource providers.
 * Source: Azure docs, azure-resource-manager/management/request-limits-and-throttling; seen in recorded answers
 * (docs/simulator.md).
 */
const REMAINING = /^x-ms-ratelimit-remaining-/i;

/** The number in a value: `1199`, or `Microsoft.Compute/GetVM3Min;197,Microsoft.Compute/GetVM30Min;1297`. */
const NUMBER = /^(?:[^;,]*;)?\s*(\d+)\s*$/;

/**
 * How many more requests the service accepts, by the strictest header of an answer.
 *
 * @returns undefined without such a header.
 */
export function remainingRequests(headers: Iterable<readonly [string, string]>): number | undefined {
  let least: number | undefined;
  for (const [name, value] of headers) {
    if (!REMAINING.test(name)) continue;
    for (const part of value.split(',')) {
      const found = NUMBER.exec(part)?.[1];
      if (found !== undefined) least = Math.min(least ?? Infinity, Number(found));
    }
  }
  return least;
}
