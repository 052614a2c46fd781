import type { ClientReach } from '@connected-registry/protocol/answers/clientAnswers';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { DeviceAccess, Enrolment, Joined } from './enrolment.js';

/** Milliseconds. */
const DAY = 86_400_000;

/**
 * How a client's device is reached.
 * @param channel the channel of its profile, which counts unless the device has joined
 */
export function reachOf({ enrolment, joined }: DeviceAccess, channel: DeviceChannelChoice, now: Date): ClientReach {
  return {
    kind: joined ? 'joined' : channel.kind,
    ...(joined ? deviceOf(joined) : {}),
    ...(enrolment ? { enrolment: { state: stateOf(enrolment, now), expiresAt: enrolment.expiresAt } } : {}),
  };
}

function deviceOf({ thumbprint, joinedAt, keysSince, lastContactAt }: Joined) {
  return { thumbprint, joinedAt, keysSince, ...(lastContactAt === undefined ? {} : { lastContactAt }) };
}

function stateOf({ usedBy, expiresAt }: Enrolment, now: Date): 'open' | 'used' | 'expired' {
  if (usedBy !== undefined) return 'used';
  return new Date(expiresAt) > now ? 'open' : 'expired';
}

/**
 * Since when a device that has joined was not heard of, if that is longer than it should be.
 * @param days after which a device counts as silent
 * @returns ISO 8601; undefined for a device that was heard of since
 */
export function silentSince(
  { keysSince, lastContactAt }: Pick<Joined, 'keysSince' | 'lastContactAt'>,
  now: Date,
  days: number,
): string | undefined {
  // It has joined, or has got new keys, by a request of its own.
  const last = lastContactAt !== undefined && new Date(lastContactAt) > new Date(keysSince) ? lastContactAt : keysSince;
  return now.getTime() - new Date(last).getTime() > days * DAY ? last : undefined;
}
