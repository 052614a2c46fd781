import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { PullCheckResult } from '../pullCheck.js';

/** A message from the app to a device, independent of the channel. */
export type Signal =
  { kind: 'pullCheckRequested'; data: PullCheckRequested } | { kind: 'credentialPromoted'; data: CredentialPromoted };

/** How a signal was handled. `busy` asks the channel to deliver it again later. */
export type Disposition = 'accepted' | 'duplicate' | 'notMine' | 'busy';

/** Handles a signal from a channel. Returns immediately; the work continues in the background. */
export type SignalHandler = (signal: Signal) => Disposition;

/** A channel that the agent itself opens to receive signals. */
export interface Channel {
  health(): { connected: boolean; lastHeard: string | undefined };
  /** Called after a check was run and reported, and after the consumers received a promoted credential. */
  reported?(request: PullCheckRequested, result: PullCheckResult): void;
  delivered?(promotion: CredentialPromoted, version: string): void;
  close(): Promise<void>;
}
