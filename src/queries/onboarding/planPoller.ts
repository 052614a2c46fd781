import type { Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import type { RecordedReaders } from '../../domain/clients/clientRecord.js';
import type { Problem } from '../../domain/operations/operation.js';
import type { PlannedPoller } from '../../domain/polling/plannedPoller.js';

/** What preflight finds about the client's poller. */
interface PollerFindings {
  readonly poller?: PlannedPoller;
  readonly problems: readonly Problem[];
}

/** What is known of a client before its poller is planned. */
interface KnownPollers {
  /** By its record. */
  readonly readers: RecordedReaders | undefined;
  /** Whether the client has a credential, or had one that a revocation disabled. */
  readonly hasCredential: boolean;
  /** Object ids of the identities that the profiles let poll for it. */
  readonly ofProfiles: readonly string[];
}

/** Plans the client's poller, by its record. A request that names none leaves the poller as it is. */
export function planPoller({ poller: objectId, pollerByEvent }: Onboarding, known: KnownPollers): PollerFindings {
  if (objectId === undefined) return { problems: [] };
  if (pollerByEvent && !mayEventName(objectId, known)) return { problems: [pollerByEventProblem(objectId)] };
  const { readers, ofProfiles } = known;
  const former = readers?.poller?.current;
  const decidedAt = readers?.poller?.decidedAt;
  if (former === objectId) return { problems: [] };
  return {
    poller: {
      objectId,
      ofProfiles,
      ...(former === undefined ? {} : { former }),
      ...(decidedAt === undefined ? {} : { decidedAt }),
    },
    problems: [],
  };
}

/**
 * Whether an event may name this poller: that of a new client, or the one that the client has, or had last. Whoever
 * sends events could otherwise read the messages of a client that an operator set up, with the keys of their reports.
 * Where the device has keys of its own, the one before it may not come back.
 */
function mayEventName(objectId: string, { readers, hasCredential, ofProfiles }: KnownPollers): boolean {
  const recorded = readers?.poller;
  if (readers?.hasKeys === true) return recorded?.current === objectId;
  if (recorded?.last === objectId) return true;
  if (recorded?.current !== undefined || hasCredential || readers?.isKnown === true) return false;
  return ofProfiles.length === 0 || ofProfiles.includes(objectId);
}

function pollerByEventProblem(objectId: string): Problem {
  return {
    code: 'poller-not-by-event',
    field: 'poller',
    message: `The client is not new or has another poller in PROFILES, and its record does not have the poller ${objectId}; an event may name the poller of a new client only.`,
    fix: 'Have an operator onboard the client with this poller: POST /api/onboardings.',
  };
}
