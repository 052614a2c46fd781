import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import { toPullCheckRequest, type UnsignedPullCheck } from '../../domain/pullCheck/unsignedPullCheck.js';
import type { ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { pullCheckEventId } from '@connected-registry/protocol/messages/signalEvent';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { delivering } from './delivering.js';

interface RequestPullCheckInput extends UnsignedPullCheck {
  readonly channel: DeviceChannelChoice;
}

/** Asks the device to pull. The report key is derived here, so that it never reaches the durable history. */
export function requestPullCheck({ devices }: Pick<Ports, 'devices'>, reportKeys: ReportKeys) {
  return ({ channel, ...unsigned }: RequestPullCheckInput): Promise<StepOutcome<{ readonly keyId: string }>> =>
    delivering(async () => {
      const message = toPullCheckRequest(unsigned, reportKeys);
      await devices.requestPullCheck(pullCheckEventId(unsigned.operation, unsigned.attempt), message, channel);
      return done({ keyId: message.keyId });
    });
}
