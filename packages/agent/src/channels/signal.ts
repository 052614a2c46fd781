import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';

/** What the app tells a device, whichever channel it came by. */
export type Signal =
  { kind: 'pullCheckRequested'; data: PullCheckRequested } | { kind: 'credentialPromoted'; data: CredentialPromoted };

/** What became of a signal; `busy` asks the channel to deliver it again later. */
export type Disposition = 'taken' | 'duplicate' | 'notMine' | 'busy';

/** Takes signals from a channel. Answers at once: the work goes on behind it. */
export type SignalHandler = (signal: Signal) => Disposition;
