import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Run } from '../../domain/operations/run.js';
import type { Delivery, SealedDelivery } from '../../domain/enrolment/sealedDelivery.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';
import { ClientRecords } from './clientRecord.js';

/** Why nothing can be sent yet. */
interface NotYet {
  readonly waits: string;
}

/**
 * Where a run sends its device's messages. On the channel `hub` that is to keys which the device reports in its twin, and which
 * the client's record accepts; what is sent is sealed to them, or not sent. They are read once, and again after a message that
 * the device has not answered: it may have been rebuilt, and have others.
 */
export class DeviceAddress {
  private sealed: SealedDelivery | undefined;
  /** Whether this run was the first to know keys of the device. */
  hasNewKeys = false;

  constructor(
    private readonly run: RunContext<Run>,
    private readonly channel: DeviceChannelChoice,
  ) {}

  /**
   * @param run the run, or the same with another deadline
   * @throws StepFailed `device-keys-invalid`, `device-key-ended`, or `signal-undeliverable` if the hub refuses
   */
  *delivery(run = this.run): Flow<Delivery | NotYet> {
    const { channel } = this;
    if (channel.kind !== 'hub') return channel;
    return this.sealed ?? (yield* this.read(run, channel));
  }

  /** Reads the keys before anything is made, so that a run fails early whose device may not have its secrets. */
  *readEarly(): Flow<void> {
    if (this.channel.kind === 'hub') yield* this.delivery();
  }

  /** The device has answered a message. */
  heard(): void {
    const { sealed, run } = this;
    if (!sealed) return;
    const contact = { thumbprint: sealed.thumbprint, at: run.now.toISOString() };
    new ClientRecords(run).notify('noteContact', contact);
  }

  /** The device has not answered. */
  notHeard(): void {
    this.sealed = undefined;
  }

  private *read(
    run: RunContext<Run>,
    { kind, ...target }: Extract<DeviceChannelChoice, { kind: 'hub' }>,
  ): Flow<Delivery | NotYet> {
    const { registry, client } = run.input.request;
    const { readAt, found } = yield* run.activities.readHubKeys({ target, client });
    if (!found) return { waits: 'the device has not reported keys in its twin' };
    const { verdict } = yield* new ClientRecords(run).vouch({ ...found, hub: target, readAt });
    switch (verdict) {
      case 'joined':
        // By a join token, in the meantime. It asks for its messages, which are made from the run's status.
        return { kind: 'poll' };
      case 'late':
        return { waits: 'the record has newer keys of the device than its twin had when it was read' };
      case 'new':
      case 'current': {
        this.hasNewKeys ||= verdict === 'new';
        this.sealed = { kind, target, registry, thumbprint: found.thumbprint, sealingKey: found.keys.sealing };
        return this.sealed;
      }
    }
  }
}
