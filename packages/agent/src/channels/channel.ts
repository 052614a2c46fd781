import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { PullCheckResult } from '../pullCheck.js';

/** A way on which signals come in that the agent opens itself. */
export interface Channel {
  health(): { connected: boolean; lastHeard: string | undefined };
  /** Told of each check that was run and reported, and of each promoted credential that its consumers have. */
  reported?(request: PullCheckRequested, result: PullCheckResult): void;
  delivered?(promotion: CredentialPromoted, version: string): void;
  close(): Promise<void>;
}
