import type { ClientRecord } from '../../domain/clients/clientRecord.js';
import type { signalEvent } from '@connected-registry/protocol/messages/signalEvent';

/** What a look at a client has found. */
export interface ClientNews {
  /** Messages that the device has not answered yet. */
  readonly messages: readonly ReturnType<typeof signalEvent>[];
  /** The client's record, read after the messages. Always there with messages; else only if something asked for it. */
  readonly record?: ClientRecord;
  /** When the client's run last changed, in milliseconds since the epoch; absent without a run. */
  readonly changedAt?: number;
}

/** What a look need not read again, and what it must read. */
export interface Known {
  /** Version of the main secret that the device has acknowledged, as far as known. */
  readonly acknowledged: string | undefined;
  /** Whether the record is read in any case, since something may have changed there. */
  readonly needsRecord: boolean;
}

/** Looks once at a client. */
export type NewsLook = (known: Known) => Promise<ClientNews>;
