/** Counts requests by key. @param milliseconds how long a request counts. */
export function createDemand(milliseconds: number) {
  const asked = new Map<string, number[]>();
  /** @returns the number of recent requests for this key, this one included. */
  return (key: string): number => {
    const now = Date.now();
    const recent = [...(asked.get(key) ?? []).filter((at) => now - at < milliseconds), now];
    asked.set(key, recent);
    return recent.length;
  };
}
