import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { DeviceChannel, SealedSignal } from '../../../../src/ports/deviceChannel.js';

/** Keeps what was sent, by event id, as a device that drops repetitions sees it. */
export class FakeChannel implements DeviceChannel {
  readonly pullChecks = new Map<string, PullCheckRequested>();
  readonly promotions = new Map<string, CredentialPromoted>();
  readonly sealed = new Map<string, SealedSignal>();

  async requestPullCheck(id: string, message: PullCheckRequested): Promise<void> {
    this.pullChecks.set(id, message);
  }

  async announcePromotion(id: string, message: CredentialPromoted): Promise<void> {
    this.promotions.set(id, message);
  }

  async sendSealed(id: string, signal: SealedSignal): Promise<void> {
    this.sealed.set(id, signal);
  }
}
