/** The agent's reported properties. They contain no secret. */
export interface ReportedState {
  /** The device's public keys, signed with their private part. */
  keys?: string;
  pullCheck?: { operation: string; attempt: number; outcome: string };
  promoted?: { version: string };
}

/** Reported properties that the hub has not accepted yet. Only the newest of each kind counts. */
export interface Reported {
  add(change: ReportedState): void;
  /** Properties that the hub has not accepted yet; undefined if there are none. */
  unsent(): ReportedState | undefined;
  /** Records that a patch was sent under this name. */
  sent(name: string, patch: ReportedState): void;
  /** Handles the hub's answer. Returns false if the hub refused the patch. */
  answered(name: string, status: number): boolean;
}

export function createReported(): Reported {
  let open: ReportedState = {};
  let last: { name: string; patch: ReportedState } | undefined;
  return {
    add(change) {
      open = { ...open, ...change };
    },
    unsent: () => (Object.keys(open).length > 0 ? { ...open } : undefined),
    sent(name, patch) {
      last = { name, patch };
    },
    answered(name, status) {
      if (name !== last?.name) return true;
      const { patch } = last;
      last = undefined;
      // The hub is busy. Keep the patch for the next connection or report.
      if (status === 429 || status >= 500) return false;
      // Any other refusal would repeat. Keep only values that are newer than the refused patch.
      if (open.keys === patch.keys) delete open.keys;
      if (open.pullCheck === patch.pullCheck) delete open.pullCheck;
      if (open.promoted === patch.promoted) delete open.promoted;
      return status < 300;
    },
  };
}
