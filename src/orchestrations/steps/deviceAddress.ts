import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Run } from '../../domain/operations/run.js';
import type { Delivery } from '../../domain/enrolment/sealedDelivery.js';
import type { Vouching } from '../../domain/enrolment/hubDevices.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';
import { ClientRecords } from './clientRecord.js';

/** Why nothing can be sent yet. */
interface NotYet {
  readonly waits: string;
}

/**
 * Where a run sends its device's messages. On the channel `hub` that is to keys which the device reports in its twin,
 * and which the client's record accepts; what is sent is sealed to them, or not sent. They are read once, and again
 * after a message that the device has not answered: it may have been rebuilt, and have others. The record is asked
 * before each message, since they may have ended in the meantime: a device that has joined by a token takes over at
 * once.
 */
export class DeviceAddress {
  /** The keys as they were read; undefined: they must be read. */
  private found: Omit<Vouching, 'effectiveAt'> | undefined;
  /** Whether the device has not pulled since it has these keys: what was proven before, another device has. */
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
    return this.found ? yield* this.judged(run, channel, this.found) : yield* this.read(run, channel);
  }

  /** Reads the keys before anything is made, so that a run fails early whose device may not have its secrets. */
  *readEarly(): Flow<void> {
    if (this.channel.kind === 'hub') yield* this.delivery();
  }

  /** The device has answered a message. */
  heard(): void {
    this.note('noteContact');
  }

  /** The device has pulled with the credential that it was sent. */
  hasPulled(): void {
    this.note('notePull');
  }

  /** The device has not answered. */
  notHeard(): void {
    this.found = undefined;
  }

  private note(operation: 'noteContact' | 'notePull'): void {
    const { found, run } = this;
    if (!found) return;
    new ClientRecords(run).notify(operation, { thumbprint: found.thumbprint, at: run.now.toISOString() });
  }

  private *read(
    run: RunContext<Run>,
    { kind, ...target }: Extract<DeviceChannelChoice, { kind: 'hub' }>,
  ): Flow<Delivery | NotYet> {
    const { client } = run.input.request;
    const { readAt, found } = yield* run.activities.readHubKeys({ target, client });
    if (!found) return { waits: 'the device has not reported keys in its twin' };
    return yield* this.judged(run, { kind, ...target }, { ...found, hub: target, readAt });
  }

  /** Whether the record accepts the keys now. */
  private *judged(
    run: RunContext<Run>,
    { kind, ...target }: Extract<DeviceChannelChoice, { kind: 'hub' }>,
    found: Omit<Vouching, 'effectiveAt'>,
  ): Flow<Delivery | NotYet> {
    const { registry } = run.input.request;
    this.found = undefined;
    const { verdict, hasPulled } = yield* new ClientRecords(run).vouch(found);
    switch (verdict) {
      case 'joined':
        // By a join token, in the meantime. It asks for its messages, which are made from the run's status.
        return { kind: 'poll' };
      case 'late':
        return { waits: 'the record has newer keys of the device than its twin had when it was read' };
      case 'new':
      case 'current': {
        this.hasNewKeys ||= hasPulled !== true;
        this.found = found;
        return { kind, target, registry, thumbprint: found.thumbprint, sealingKey: found.keys.sealing };
      }
    }
  }
}
