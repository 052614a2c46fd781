import type { Delivery } from '../../domain/enrolment/sealedDelivery.js';
import { toPullCheckRequest, type UnsignedPullCheck } from '../../domain/pullCheck/unsignedPullCheck.js';
import type { ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { pullCheckEventId } from '@connected-registry/protocol/messages/signalEvent';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { delivering } from './delivering.js';
import { sealSignal } from './sealedSending.js';

interface RequestPullCheckInput extends UnsignedPullCheck, InVault {
  readonly channel: Delivery;
}

/**
 * Asks the device to pull. The report key is derived here, so that it never reaches the durable history. The message
 * names no vault.
 */
export function requestPullCheck(ports: Pick<Ports, 'devices' | 'sealed'>, reportKeys: ReportKeys) {
  return ({
    channel,
    vaultHost,
    ...unsigned
  }: RequestPullCheckInput): Promise<StepOutcome<{ readonly keyId: string }>> =>
    outcomeOf(async () => {
      const data = toPullCheckRequest(unsigned, reportKeys);
      const id = pullCheckEventId(unsigned.operation, unsigned.attempt);
      const send = (work: () => Promise<void>) => delivering(() => work().then(() => done({ keyId: data.keyId })));
      const { devices, sealed } = ports;
      if (channel.kind !== 'hub') return send(() => devices.requestPullCheck(id, data, channel));
      const signal = { kind: 'pullCheckRequested', id, data } as const;
      const message = await sealSignal(sealed, reportKeys, signal, { ...channel, vaultHost });
      return send(() => devices.sendSealed(id, message, channel.target));
    });
}
