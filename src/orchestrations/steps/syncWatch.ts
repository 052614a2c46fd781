import type { Run } from '../../domain/operations/run.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/** Follows what ARM reports of the connected registry's syncs since the token was bound. */
export class SyncWatch {
  private boundAt: Date;
  /** A sync seen after the binding. */
  synced: Date | undefined;

  constructor(private readonly run: RunContext<Run>) {
    this.boundAt = run.now;
  }

  /** The token was bound again. */
  bound(): void {
    this.boundAt = this.run.now;
  }

  /**
   * Whether a sync after the binding came before an attempt: then the attempt's answer is final, while an earlier one
   * only came too soon.
   */
  *sawSyncBefore(attemptAt: Date): Flow<boolean> {
    if (this.synced === undefined) {
      const { registry, connectedRegistry } = this.run.input.request;
      const { lastSyncTime } = yield* this.run.activities.readSync({ registry, connectedRegistry });
      if (lastSyncTime !== undefined && new Date(lastSyncTime) > this.boundAt) this.synced = new Date(lastSyncTime);
    }
    return this.synced !== undefined && this.synced <= attemptAt;
  }
}
