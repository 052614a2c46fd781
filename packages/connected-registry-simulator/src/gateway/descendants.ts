import type { DescendantReport, Mailbox } from '@connected-registry/azure-simulator/gateway/messages';

/** What those below have said since it was last told upwards: the newest of each. */
export interface DescendantReports {
  add(report: DescendantReport): void;
  pending(): DescendantReport[];
  /** Forgets those that have arrived above; what came meanwhile stays. */
  arrived(reports: readonly DescendantReport[]): void;
}

export function createDescendantReports(): DescendantReports {
  const newest = new Map<string, DescendantReport>();
  return {
    add: (report) => void newest.set(report.name, report),
    pending: () => [...newest.values()],
    arrived(reports) {
      for (const report of reports) if (newest.get(report.name) === report) newest.delete(report.name);
    },
  };
}

/** Names of all below. */
export function namesBelow(box: Mailbox): string[] {
  return box.children.flatMap((child) => [child.name, ...namesBelow(child)]);
}
