import type { z } from 'zod';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { fitsPattern } from '@connected-registry/protocol/names/pattern';
import { sameName } from '@connected-registry/protocol/names/sameName';

type Body = z.infer<typeof onboardingBody>;

/**
 * What an event of a device or connected registry means, and the most that one may ask for. Of several that match, the
 * first counts. `profileSchema.ts` reads them.
 */
export interface Profile {
  readonly name: string;
  /** In `device` and `connectedRegistry` a `*` stands for any characters. A profile with a hub is for its events only. */
  readonly match: {
    readonly hub?: string | undefined;
    readonly device?: string | undefined;
    readonly connectedRegistry?: string | undefined;
  };
  /** Absent where `match.connectedRegistry` says which. */
  readonly connectedRegistry?: string | undefined;
  /** The first configured one where it is absent. */
  readonly registry?: string | undefined;
  /** To read only. */
  readonly repositories: Body['repositories'];
  readonly scopeMap?: string | undefined;
  /** Only where the profile is about one client: a token is one client's. */
  readonly token?: string | undefined;
  readonly image?: string | undefined;
  readonly credentialLifetimeDays?: number | undefined;
  readonly endpoint?: string | undefined;
  readonly channel: DeviceChannelChoice;
  /** What a new connected registry gets. */
  readonly clients: readonly string[];
  /** Clients by the object id of the Entra identity that asks for their messages. */
  readonly pollers: Readonly<Record<string, readonly string[]>>;
}

/** Profiles, and the registry that is meant where one names none. */
export interface ProfileBook {
  readonly profiles: readonly Profile[];
  readonly defaultRegistry: string;
}

/** The profile that says what a device of that hub is to get. */
export function profileOfDevice({ profiles }: ProfileBook, hub: string, device: string): Profile | undefined {
  return profiles.find(({ match }) => match.hub !== undefined && sameName(match.hub, hub) && fitsDevice(match, device));
}

/** The profile that bounds what a request by event may ask for this client. */
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

/** Whether any profile speaks of this client, be it for a hub's events only. */
export function profileOfClient(book: ProfileBook, client: ClientReference): Profile | undefined {
  return book.profiles.find((profile) => covers(book, profile, client));
}

/** How this client's device is told of something. */
export function channelOf(book: ProfileBook, client: ClientReference): DeviceChannelChoice {
  return profileOfClient(book, client)?.channel ?? DEFAULT_CHANNEL;
}

/** The clients that an Entra identity may ask messages for, each once. */
export function clientsOfPoller(book: ProfileBook, objectId: string): ClientReference[] {
  const clients = book.profiles.flatMap(({ registry = book.defaultRegistry, connectedRegistry = '', pollers }) =>
    (own(pollers, objectId.toLowerCase()) ?? []).map((client) => ({ registry, connectedRegistry, client })),
  );
  return [...new Map(clients.map((client) => [clientKey(client), client])).values()];
}

/** What a record holds under a key that comes from outside: `__proto__` and its like are keys like any other. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The request that a profile makes for one client. */
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

/** Device ids, unlike the names of ARM, are taken letter by letter. */
function fitsDevice({ device }: Profile['match'], id: string): boolean {
  return device === undefined || fitsPattern(device, id);
}
