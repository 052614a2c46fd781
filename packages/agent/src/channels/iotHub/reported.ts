/** What the agent reports of itself in its twin: no key, no secret. */
export interface ReportedState {
  pullCheck?: { operation: string; attempt: number; outcome: string };
  promoted?: { version: string };
}

/** Reported properties until the hub has taken them: only the newest of each kind counts. */
export interface Reported {
  add(change: ReportedState): void;
  /** What the hub has not taken yet; undefined when there is nothing. */
  unsent(): ReportedState | undefined;
  /** It was sent under this name. */
  sent(name: string, patch: ReportedState): void;
  /** The hub has answered; false for a refusal. */
  answered(name: string, status: number): boolean;
}

export function createReported(): Reported {
  let open: ReportedState = {};
  let last: { name: string; patch: ReportedState } | undefined;
  return {
    add(change) {
      open = { ...open, ...change };
    },
    unsent: () => (open.pullCheck || open.promoted ? { ...open } : undefined),
    sent(name, patch) {
      last = { name, patch };
    },
    answered(name, status) {
      if (name !== last?.name) return true;
      const { patch } = last;
      last = undefined;
      // Of a busy hub it is kept, for the next connection or report.
      if (status === 429 || status >= 500) return false;
      // Any other refusal would be one again. What is newer than the answer stays.
      if (open.pullCheck === patch.pullCheck) delete open.pullCheck;
      if (open.promoted === patch.promoted) delete open.promoted;
      return status < 300;
    },
  };
}
