import { sameName } from '@connected-registry/protocol/names/sameName';
import type { z } from 'zod';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { fitsPattern } from '@connected-registry/protocol/names/pattern';

type Body = z.infer<typeof onboardingBody>;

/**
 * What an event about a device or connected registry requests, and the limits of a request by event. If several profiles
 * match, the first applies. `profileSchema.ts` parses them.
 */
export interface Profile {
  readonly name: string;
  /** In `device` and `connectedRegistry` a `*` matches any characters. A profile with a hub applies only to that hub's events. */
  readonly match: {
    readonly hub?: string | undefined;
    readonly device?: string | undefined;
    readonly connectedRegistry?: string | undefined;
  };
  /** Absent if `match.connectedRegistry` is set. */
  readonly connectedRegistry?: string | undefined;
  /** Absent for the first configured registry. */
  readonly registry?: string | undefined;
  /** Read actions only. */
  readonly repositories: Body['repositories'];
  readonly scopeMap?: string | undefined;
  /** Allowed only in a profile of one client, since tokens are not shared. */
  readonly token?: string | undefined;
  readonly image?: string | undefined;
  readonly credentialLifetimeDays?: number | undefined;
  readonly endpoint?: string | undefined;
  readonly channel: DeviceChannelChoice;
  /** Device ids of the clients that are onboarded at a new connected registry. */
  readonly clients: readonly string[];
  /** What happens when a device joins with a join token: its onboarding starts, or waits for an operator. */
  readonly onJoin: 'onboard' | 'wait';
  /** Device ids by the object id of the Entra identity that polls their messages. */
  readonly pollers: Readonly<Record<string, readonly string[]>>;
}

/** The profiles, and the registry of profiles that name none. */
export interface ProfileBook {
  readonly profiles: readonly Profile[];
  readonly defaultRegistry: string;
}

/** The profile for events about a device of an IoT hub. */
export function profileOfDevice({ profiles }: ProfileBook, hub: string, device: string): Profile | undefined {
  return profiles.find(({ match }) => match.hub !== undefined && sameName(match.hub, hub) && fitsDevice(match, device));
}

/** The profile that limits requests by event for this client. */
export function profileOfRequest(book: ProfileBook, client: ClientReference): Profile | undefined {
  return book.profiles.find((profile) => profile.match.hub === undefined && covers(book, profile, client));
}

/** The profile that lists the clients of a new connected registry. */
export function profileOfConnectedRegistry(
  book: ProfileBook,
  registry: string,
  connectedRegistry: string,
): Profile | undefined {
  return book.profiles.find(
    (profile) => profile.clients.length > 0 && isAbout(book, profile, registry, connectedRegistry),
  );
}

/** The first profile that covers this client, including profiles for a hub's events. */
export function profileOfClient(book: ProfileBook, client: ClientReference): Profile | undefined {
  return book.profiles.find((profile) => covers(book, profile, client));
}

/** The channel by which this client's device is notified. */
export function channelOf(book: ProfileBook, client: ClientReference): DeviceChannelChoice {
  return profileOfClient(book, client)?.channel ?? DEFAULT_CHANNEL;
}

/** The clients whose messages an Entra identity may poll, without duplicates. */
export function clientsOfPoller(book: ProfileBook, objectId: string): ClientReference[] {
  const clients = book.profiles.flatMap(({ registry = book.defaultRegistry, connectedRegistry = '', pollers }) =>
    (ownValue(pollers, objectId.toLowerCase()) ?? []).map((client) => ({ registry, connectedRegistry, client })),
  );
  return [...new Map(clients.map((client) => [clientKey(client), client])).values()];
}

/** Reads a record by a key from outside, which may be `__proto__`. */
function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The onboarding request of a profile for one client. */
export function requestOf(profile: Profile, client: Pick<ClientReference, 'connectedRegistry' | 'client'>): Body {
  const { registry, repositories, scopeMap, token, image, credentialLifetimeDays, endpoint } = profile;
  return {
    ...client,
    repositories,
    ...(registry === undefined ? {} : { registry }),
    ...(scopeMap === undefined ? {} : { scopeMap }),
    ...(token === undefined ? {} : { token }),
    ...(image === undefined ? {} : { image }),
    ...(credentialLifetimeDays === undefined ? {} : { credentialLifetimeDays }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

function covers(
  book: ProfileBook,
  profile: Profile,
  { registry, connectedRegistry, client }: ClientReference,
): boolean {
  return isAbout(book, profile, registry, connectedRegistry) && fitsDevice(profile.match, client);
}

function isAbout(book: ProfileBook, profile: Profile, registry: string, connectedRegistry: string): boolean {
  if (!sameName(profile.registry ?? book.defaultRegistry, registry)) return false;
  return profile.connectedRegistry === undefined
    ? fitsPattern((profile.match.connectedRegistry ?? '').toLowerCase(), connectedRegistry.toLowerCase())
    : sameName(profile.connectedRegistry, connectedRegistry);
}

/** Device ids are case-sensitive, unlike ARM's names. */
function fitsDevice({ device }: Profile['match'], id: string): boolean {
  return device === undefined || fitsPattern(device, id);
}
