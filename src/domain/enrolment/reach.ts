import type { AbsentClient, ClientReach } from '@connected-registry/protocol/answers/clientAnswers';
import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { DeviceAccess, Enrolment, Joined } from './enrolment.js';

/** Milliseconds. */
const DAY = 86_400_000;

/**
 * How a client's device is reached.
 * @param channel the channel of its profile, which counts unless the record has keys of the device
 */
export function reachOf({ enrolment, joined }: DeviceAccess, channel: DeviceChannelChoice, now: Date): ClientReach {
  return { kind: joined ? kindOf(joined) : channel.kind, ...factsOf({ enrolment, joined }, now) };
}

/**
 * How the device of a client without a credential is reached. Its profile is not known, since the record has no names.
 * @returns undefined if no join token was issued and no device has joined
 */
export function reachOfAbsent({ enrolment, joined }: DeviceAccess, now: Date): AbsentClient['reach'] | undefined {
  if (!enrolment && !joined) return undefined;
  return { kind: joined ? kindOf(joined) : 'unknown', ...factsOf({ enrolment, joined }, now) };
}

function kindOf({ hub }: Joined): 'joined' | 'hub' {
  return hub ? 'hub' : 'joined';
}

type Facts = { readonly [Name in 'enrolment' | 'joined']: DeviceAccess[Name] | undefined };

function factsOf({ enrolment, joined }: Facts, now: Date): Omit<ClientReach, 'kind'> {
  return {
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
