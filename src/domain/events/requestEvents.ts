import { z } from 'zod';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { CREDENTIAL_LIFETIME_DAYS } from '@connected-registry/protocol/requests/lifetimes';
import {
  NAMED_BY_EVENT,
  NOT_FOR_EVENTS,
  onboardingBody,
  type ONBOARDING_FIELDS,
  permissionsOf,
  REQUEST_FIELDS,
  toOnboarding,
  type Onboarding,
} from '@connected-registry/protocol/requests/onboardingRequest';
import { actionsCover, toActions } from '@connected-registry/protocol/names/permissions';
import { requestOf, type Profile } from '../profiles/profiles.js';

/** Types of the events on the request topic. */
export const CLIENT_REQUESTED = 'ConnectedRegistry.ClientRequested';
export const REVOKE_REQUESTED = 'ConnectedRegistry.RevokeRequested';
export const OFFBOARD_REQUESTED = 'ConnectedRegistry.OffboardRequested';

/** What an event on the request topic may ask for, in the words of the setting REQUEST_EVENTS. */
export const REQUEST_EVENT_KINDS = ['onboard', 'offboard', 'revoke'] as const;
export type RequestEventKind = (typeof REQUEST_EVENT_KINDS)[number];

/** Data of an event that asks for a client to be cut off, or taken away. */
export const clientEventData = z.strictObject({
  connectedRegistry: REQUEST_FIELDS.connectedRegistry,
  client: REQUEST_FIELDS.client,
});

/** Data of a {@link CLIENT_REQUESTED} event where there are profiles: whatever it leaves out is the profile's. */
export const boundedEventData = z.strictObject({
  ...REQUEST_FIELDS,
  repositories: REQUEST_FIELDS.repositories.optional(),
});
type BoundedData = z.infer<typeof boundedEventData>;

/** A field that asks for more than the profile gives. */
export interface BeyondProfile {
  readonly field: string;
  readonly message: string;
  readonly fix: string;
}

/** The client that an event is about: of the profile's registry, or the first configured one. */
export function clientOfEvent(
  { connectedRegistry, client }: z.infer<typeof clientEventData>,
  registry: string,
): ClientReference {
  return { registry, connectedRegistry, client };
}

/** What an event asks for, inside its profile's bounds; or each field that lies beyond them. */
export function withinProfile(
  profile: Profile,
  data: BoundedData,
  defaultRegistry: string,
  defaultDays: number = CREDENTIAL_LIFETIME_DAYS.default,
): { readonly onboarding: Onboarding } | { readonly beyond: readonly BeyondProfile[] } {
  const beyond: BeyondProfile[] = [];
  const refuse = (field: keyof typeof ONBOARDING_FIELDS, message: string, fix: string) =>
    beyond.push({ field, message: `${message} (profile ${profile.name})`, fix });
  const operators = 'Leave it out, or have an operator ask.';
  const granted = toActions(permissionsOf(profile.repositories));
  for (const [name, actions] of Object.entries(permissionsOf(data.repositories ?? [])))
    for (const action of actions)
      if (!actionsCover(granted, name, action)) refuse('repositories', `${name} ${action} is not given`, operators);
  for (const field of NOT_FOR_EVENTS)
    if (data[field] !== undefined) refuse(field, NAMED_BY_EVENT.message, NAMED_BY_EVENT.fix);
  const longest = profile.credentialLifetimeDays ?? defaultDays;
  if ((data.credentialLifetimeDays ?? 0) > longest)
    refuse('credentialLifetimeDays', 'is longer than is given', `It may be ${longest} at most.`);
  if (beyond.length > 0) return { beyond };

  const { image: defaultImage, ...defaults } = requestOf(profile, data);
  const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
  // Other repositories have another image by default.
  const image = data.repositories === undefined && defaultImage !== undefined ? { image: defaultImage } : {};
  const parsed = onboardingBody.safeParse({ ...defaults, ...image, ...given });
  if (parsed.success) return { onboarding: toOnboarding(parsed.data, defaultRegistry, defaultDays) };
  return {
    beyond: parsed.error.issues.map(({ path, message }) => ({
      field: path.join('.') || 'data',
      message,
      fix: `It must fit profile ${profile.name}.`,
    })),
  };
}
