import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import { toPullCheckRequest, type PullCheckAsk } from '../../domain/pullCheck/pullCheckAsk.js';
import type { ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { pullCheckEventId } from '@connected-registry/protocol/messages/signalEvent';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { delivering } from './delivering.js';

export interface RequestPullCheckInput extends PullCheckAsk {
  /** How the device is reached; absent for the default channel. */
  readonly channel?: DeviceChannelChoice;
}

/** Asks the device to pull. The report key is derived here, so that it never stands in the durable history. */
export function requestPullCheck({ devices }: Pick<Ports, 'devices'>, reportKeys: ReportKeys) {
  return ({
    channel = DEFAULT_CHANNEL,
    ...ask
  }: RequestPullCheckInput): Promise<StepOutcome<{ readonly keyId: string }>> =>
    delivering(async () => {
      const message = toPullCheckRequest(ask, reportKeys);
      await devices.requestPullCheck(pullCheckEventId(ask.operation, ask.attempt), message, channel);
      return done({ keyId: message.keyId });
    });
}
