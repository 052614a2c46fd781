import type { AbsentClient, ClientReach } from '@connected-registry/protocol/answers/clientAnswers';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Poller, PollingState } from '../polling/poller.js';
import type { DeviceAccess, Enrolment, Joined } from './enrolment.js';

/** Milliseconds. */
const DAY = 86_400_000;

/**
 * How a client's device is reached.
 * @param channel the channel of its profile, which counts unless the record has keys of the device or names a poller
 */
export function reachOf(record: DeviceAccess & PollingState, channel: DeviceChannelChoice, now: Date): ClientReach {
  return { kind: kindOf(record) ?? channel.kind, ...factsOf(record, now) };
}

/**
 * How the device of a client without a credential is reached. Its profile is not known, since the record has no names.
 * @returns undefined if no join token was issued, no device has keys of its own and no poller is recorded
 */
export function reachOfAbsent(record: DeviceAccess & PollingState, now: Date): AbsentClient['reach'] | undefined {
  const { enrolment, joined, polling } = record;
  if (!enrolment && !joined && !polling?.current) return undefined;
  return { kind: kindOf(record) ?? 'unknown', ...factsOf(record, now) };
}

/** How the device gets its messages, if the record says so. */
function kindOf({ joined, polling }: DeviceAccess & PollingState): 'joined' | 'hub' | 'poll' | undefined {
  if (joined && !joined.hub) return 'joined';
  if (polling?.current) return 'poll';
  return joined ? 'hub' : undefined;
}

function factsOf({ enrolment, joined, polling }: DeviceAccess & PollingState, now: Date): Omit<ClientReach, 'kind'> {
  return {
    ...(joined ? deviceOf(joined) : {}),
    ...(enrolment ? { enrolment: { state: stateOf(enrolment, now), expiresAt: enrolment.expiresAt } } : {}),
    ...(polling?.current ? { poller: shownPoller(polling.current) } : {}),
  };
}

/** A recorded poller as the API shows it. */
export function shownPoller({ objectId, since, lastContactAt }: Poller) {
  return { objectId, since, ...(lastContactAt === undefined ? {} : { lastContactAt }) };
}

function deviceOf({ thumbprint, joinedAt, keysSince, lastContactAt }: Joined) {
  return { thumbprint, joinedAt, keysSince, ...(lastContactAt === undefined ? {} : { lastContactAt }) };
}

function stateOf({ usedBy, expiresAt }: Enrolment, now: Date): 'open' | 'used' | 'expired' {
  if (usedBy !== undefined) return 'used';
  return new Date(expiresAt) > now ? 'open' : 'expired';
}

/**
 * Since when a device that asks for its messages was not heard of, if that is longer than it should be. One that both
 * has joined and has a poller is heard of by either.
 * @param days after which a device counts as silent
 * @returns ISO 8601; undefined for a device that was heard of since
 */
export function silentSince(
  { joined, polling }: DeviceAccess & PollingState,
  now: Date,
  days: number,
): string | undefined {
  const poller = polling?.current;
  const contacts = [
    // It has joined, or has got new keys, by a request of its own.
    ...(joined ? [joined.keysSince, joined.lastContactAt] : []),
    // A poller that was never heard of counts from when it was set.
    ...(poller ? [poller.since, poller.lastContactAt] : []),
  ].filter((at) => at !== undefined);
  const last = contacts.toSorted((one, other) => Date.parse(one) - Date.parse(other)).at(-1);
  if (last === undefined) return undefined;
  return now.getTime() - new Date(last).getTime() > days * DAY ? last : undefined;
}
