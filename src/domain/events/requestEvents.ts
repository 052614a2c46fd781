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
import { deviceIdentity, poller } from '@connected-registry/protocol/requests/deviceIdentity';
import { actionsCover, toActions } from '@connected-registry/protocol/names/permissions';
import { requestOf, type Profile } from '../profiles/profiles.js';

/** Event types on the request topic. */
export const CLIENT_REQUESTED = 'ConnectedRegistry.ClientRequested';
export const REVOKE_REQUESTED = 'ConnectedRegistry.RevokeRequested';
export const OFFBOARD_REQUESTED = 'ConnectedRegistry.OffboardRequested';

/** Kinds of requests that events may make: the values of the setting REQUEST_EVENTS. */
export const REQUEST_EVENT_KINDS = ['onboard', 'offboard', 'revoke'] as const;
export type RequestEventKind = (typeof REQUEST_EVENT_KINDS)[number];

/** Data of an event that requests a revocation or an offboarding. */
export const clientEventData = z.strictObject({
  connectedRegistry: REQUEST_FIELDS.connectedRegistry,
  client: REQUEST_FIELDS.client,
});

/** Data of a {@link CLIENT_REQUESTED} event if profiles are configured: absent fields come from the profile. */
export const boundedEventData = z.strictObject({
  ...REQUEST_FIELDS,
  repositories: REQUEST_FIELDS.repositories.optional(),
  identity: deviceIdentity.optional(),
  poller: poller.optional(),
});
type BoundedData = z.infer<typeof boundedEventData>;

/** A field that requests more than the profile allows. */
interface BeyondProfile {
  readonly field: string;
  readonly message: string;
  readonly fix: string;
}

/** The client that an event names. @param registry the profile's registry, or the first configured one. */
export function clientOfEvent(
  { connectedRegistry, client }: z.infer<typeof clientEventData>,
  registry: string,
): ClientReference {
  return { registry, connectedRegistry, client };
}

/**
 * Builds the onboarding that an event requests, within the limits of its profile.
 * @param defaultDays default credential lifetime, in days
 * @returns the onboarding, or each field that exceeds the profile
 */
export function withinProfile(
  profile: Profile,
  data: BoundedData,
  defaultRegistry: string,
  defaultDays: number = CREDENTIAL_LIFETIME_DAYS.default,
): { readonly onboarding: Onboarding } | { readonly beyond: readonly BeyondProfile[] } {
  const beyond: BeyondProfile[] = [];
  const refuse = (field: keyof typeof ONBOARDING_FIELDS, message: string, fix: string) =>
    beyond.push({ field, message: `${message} (profile ${profile.name})`, fix });
  const operators = 'Omit it, or ask an operator to request it.';
  const granted = toActions(permissionsOf(profile.repositories));
  for (const [name, actions] of Object.entries(permissionsOf(data.repositories ?? [])))
    for (const action of actions)
      if (!actionsCover(granted, name, action)) refuse('repositories', `${name} ${action} is not granted`, operators);
  for (const field of NOT_FOR_EVENTS)
    if (data[field] !== undefined) refuse(field, NAMED_BY_EVENT.message, NAMED_BY_EVENT.fix);
  if (data.identity !== undefined && profile.eventIdentity !== true)
    refuse('identity', NAMED_BY_EVENT.message, 'Set eventIdentity in the profile, or ask an operator to request it.');
  if (data.poller !== undefined && profile.eventPoller !== true)
    refuse('poller', NAMED_BY_EVENT.message, 'Set eventPoller in the profile, or ask an operator to request it.');
  const maxDays = profile.credentialLifetimeDays ?? defaultDays;
  if ((data.credentialLifetimeDays ?? 0) > maxDays)
    refuse('credentialLifetimeDays', 'exceeds the maximum', `Use at most ${maxDays} days.`);
  if (beyond.length > 0) return { beyond };

  const { image: defaultImage, ...defaults } = requestOf(profile, data);
  const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
  // The profile's image may not be in the repositories that the event names, so their own default applies.
  const image = data.repositories === undefined && defaultImage !== undefined ? { image: defaultImage } : {};
  const parsed = onboardingBody.safeParse({ ...defaults, ...image, ...given });
  if (parsed.success) {
    const onboarding = toOnboarding(parsed.data, defaultRegistry, defaultDays);
    return {
      onboarding: {
        ...onboarding,
        ...(data.identity === undefined ? {} : { identityByEvent: true }),
        ...(data.poller === undefined ? {} : { pollerByEvent: true }),
      },
    };
  }
  return {
    beyond: parsed.error.issues.map(({ path, message }) => ({
      field: path.join('.') || 'data',
      message,
      fix: `Make it fit profile ${profile.name}.`,
    })),
  };
}
