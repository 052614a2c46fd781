import { sameName } from '@connected-registry/protocol/names/sameName';
import type { z } from 'zod';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { fitsPattern } from '@connected-registry/protocol/names/pattern';

type OnboardingBody = z.infer<typeof onboardingBody>;

/**
 * What an event about a device or connected registry requests, and the limits of a request by event. If several
 * profiles match, the first applies. `profileSchema.ts` parses them.
 */
export interface Profile {
  readonly name: string;
  /**
   * In `device` and `connectedRegistry` a `*` matches any characters. A profile with a hub applies only to that hub's
   * events.
   */
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
  readonly repositories: OnboardingBody['repositories'];
  readonly scopeMap?: string | undefined;
  /** Allowed only in a profile of one client, since tokens are not shared. */
  readonly token?: string | undefined;
  readonly image?: string | undefined;
  readonly credentialLifetimeDays?: number | undefined;
  /** Identity of the device; allowed only in a profile of one client. */
  readonly identity?: OnboardingBody['identity'];
  /** Whether a `ClientRequested` event may name the identity of a new client. */
  readonly eventIdentity?: boolean | undefined;
  /** Whether a `ClientRequested` event may name the poller of a new client. */
  readonly eventPoller?: boolean | undefined;
  readonly endpoint?: string | undefined;
  /** Whether the identity that polls a client's messages may also read its secrets. */
  readonly pollerAccess?: boolean | undefined;
  readonly channel: DeviceChannelChoice;
  /** Device ids of the clients that are onboarded at a new connected registry. */
  readonly clients: readonly string[];
  /** What happens when a device joins with a join token: its onboarding starts, or waits for an operator. */
  readonly onJoin: 'onboard' | 'wait';
  /**
   * Device ids by the object id of the Entra identity that polls their messages, for clients whose record names no
   * poller.
   */
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

/**
 * The clients that the profiles let an Entra identity poll for, without duplicates. Their records may name another
 * poller.
 */
export function clientsOfPoller(book: ProfileBook, objectId: string): ClientReference[] {
  const clients = book.profiles.flatMap(({ registry = book.defaultRegistry, connectedRegistry = '', pollers }) =>
    (ownValue(pollers, objectId.toLowerCase()) ?? []).map((client) => ({ registry, connectedRegistry, client })),
  );
  return [...new Map(clients.map((client) => [clientKey(client), client])).values()];
}

/** The object ids of the identities that the profiles let poll for a client. */
export function pollersOfProfiles(book: ProfileBook, client: ClientReference): string[] {
  const { registry, connectedRegistry } = client;
  const about = book.profiles.filter((profile) => isAbout(book, profile, registry, connectedRegistry));
  const ids = about.flatMap(({ pollers }) =>
    Object.entries(pollers).flatMap(([id, clients]) => (clients.includes(client.client) ? [id] : [])),
  );
  return [...new Set(ids)];
}

/** Reads a record by a key from outside, which may be `__proto__`. */
function ownValue<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The onboarding request of a profile for one client. */
export function requestOf(
  profile: Profile,
  client: Pick<ClientReference, 'connectedRegistry' | 'client'>,
): OnboardingBody {
  const { registry, repositories, scopeMap, token, image, credentialLifetimeDays, endpoint } = profile;
  const identity = identityOf(profile, client.client);
  return {
    ...client,
    repositories,
    ...(registry === undefined ? {} : { registry }),
    ...(scopeMap === undefined ? {} : { scopeMap }),
    ...(token === undefined ? {} : { token }),
    ...(image === undefined ? {} : { image }),
    ...(credentialLifetimeDays === undefined ? {} : { credentialLifetimeDays }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(identity === undefined ? {} : { identity }),
  };
}

/** The identity of a client's device: that of the profile, or the one that polls its messages. */
function identityOf({ identity, pollerAccess, pollers }: Profile, client: string): OnboardingBody['identity'] {
  if (identity !== undefined || pollerAccess !== true) return identity;
  const [principalId] = Object.entries(pollers).find(([, clients]) => clients.includes(client)) ?? [];
  return principalId === undefined ? undefined : { principalId };
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
