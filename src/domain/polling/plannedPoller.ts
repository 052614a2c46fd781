import type { Problem } from '../operations/operation.js';
import { MAX_POLLED } from './pollerIndex.js';

/** The poller that an onboarding sets. */
export interface PlannedPoller {
  /** Object id. */
  readonly objectId: string;
  /** Object id of the poller in the client's record, which it replaces. */
  readonly former?: string;
  /** When the record's poller was last set or ended (ISO 8601); absent if it never had one. */
  readonly decidedAt?: string;
  /** Object ids of the pollers in the setting `PROFILES`, which count until the record names one. */
  readonly ofProfiles: readonly string[];
}

/** The planned write, in words for people. */
export function pollerText({ objectId, former, ofProfiles }: PlannedPoller): string {
  if (former !== undefined) return `replace poller ${former} by ${objectId} for client`;
  const others = ofProfiles.filter((one) => one !== objectId);
  return others.length === 0
    ? `record ${objectId} as the poller of client`
    : `record ${objectId} as the poller, instead of ${others.join(', ')} in PROFILES, of client`;
}

/** The identity polls for as many clients as it may. */
export function pollerIsFull(objectId: string): Problem {
  return {
    code: 'poller-full',
    field: 'poller',
    message: `The identity ${objectId} polls for the maximum of ${MAX_POLLED} clients already.`,
    fix: 'Name another identity, or give clients of this one another poller first.',
  };
}
