import type { DescendantReport, Mailbox } from '@connected-registry/azure-simulator/gateway/messages';

/** The newest report of each connected registry below this one, until the upstream has it. */
export interface DescendantReports {
  add(report: DescendantReport): void;
  pending(): DescendantReport[];
  /** Removes reports that the upstream has received. Newer ones stay. */
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

/** Names of all connected registries below a child. */
export function namesBelow(box: Mailbox): string[] {
  return box.children.flatMap((child) => [child.name, ...namesBelow(child)]);
}
