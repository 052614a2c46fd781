import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { PullCheckResult } from '../pullCheck.js';

/** What the app tells a device, whichever channel it came by. */
export type Signal =
  { kind: 'pullCheckRequested'; data: PullCheckRequested } | { kind: 'credentialPromoted'; data: CredentialPromoted };

/** What became of a signal; `busy` asks the channel to deliver it again later. */
export type Disposition = 'taken' | 'duplicate' | 'notMine' | 'busy';

/** Takes signals from a channel. Answers at once: the work goes on behind it. */
export type SignalHandler = (signal: Signal) => Disposition;

/** A way on which signals come in that the agent opens itself. */
export interface Channel {
  health(): { connected: boolean; lastHeard: string | undefined };
  /** Told of each check that was run and reported, and of each promoted credential that its consumers have. */
  reported?(request: PullCheckRequested, result: PullCheckResult): void;
  delivered?(promotion: CredentialPromoted, version: string): void;
  close(): Promise<void>;
}
