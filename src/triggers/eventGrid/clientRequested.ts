import type { DurableClient } from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { clientFingerprint } from '@connected-registry/protocol/requests/clientsRequest';
import type { IncomingEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { lifetimeFault } from '@connected-registry/protocol/requests/lifetimes';
import {
  fingerprint,
  NAMED_BY_EVENT,
  NOT_FOR_EVENTS,
  ONBOARDING_FIELDS,
  onboardingEventData,
  toOnboarding,
  type Onboarding,
} from '@connected-registry/protocol/requests/onboardingRequest';
import { profileOfClient, profileOfRequest } from '../../domain/profiles/profiles.js';
import {
  boundedEventData,
  CLIENT_REQUESTED,
  clientEventData,
  clientOfEvent,
  OFFBOARD_REQUESTED,
  REVOKE_REQUESTED,
  withinProfile,
  type RequestEventKind,
} from '../../domain/events/requestEvents.js';
import { OFFBOARD, ONBOARD, REVOKE } from '../../domain/operations/run.js';
import { durableRuns } from '../durable/durableRuns.js';
import { newRun } from '../durable/newRun.js';
import { DeliverAgain, eventFunction, invalidData, type EventHandler, type EventVerdict } from './eventFunction.js';
import { startFromEvent } from './startFromEvent.js';

/**
 * Handles events of the request topic: `ConnectedRegistry.ClientRequested`, `.RevokeRequested` and
 * `.OffboardRequested`. Kinds that the setting REQUEST_EVENTS does not list are refused. If profiles are configured,
 * one must cover the client, and the request must not exceed it.
 */
export function onClientRequested(config: Config) {
  return eventFunction('clientRequested', {
    [CLIENT_REQUESTED]: ifAccepted('onboard', config, onboardOnRequest(config)),
    [OFFBOARD_REQUESTED]: aboutClient('offboard', config, (event, client, reference) => {
      const origin = originOf(event, clientFingerprint(OFFBOARD, reference));
      return startFromEvent(client, OFFBOARD, newRun(reference, origin, config));
    }),
    [REVOKE_REQUESTED]: aboutClient('revoke', config, async (event, client, reference) => {
      const origin = originOf(event, clientFingerprint(REVOKE, reference));
      const result = await durableRuns(client).revoke(newRun(reference, origin, config));
      if (result.kind !== 'running')
        throw new DeliverAgain('the durable engine did not confirm the revocation; the event must be delivered again');
      return { kind: 'taken', decision: 'started', operations: [result.id] };
    }),
  });
}

/** Refuses events of kinds that the settings do not accept, before their data are parsed. */
function ifAccepted(
  kind: RequestEventKind,
  { requestEvents, profileBook }: Pick<Config, 'requestEvents' | 'profileBook'>,
  handle: EventHandler,
): EventHandler {
  if (requestEvents.includes(kind)) return handle;
  const message =
    profileBook.profiles.length === 0 && requestEvents.length === 0
      ? `requests ${kind}, which events may not do without profiles`
      : `requests ${kind}, which the setting REQUEST_EVENTS does not list`;
  const fix = `Set PROFILES or REQUEST_EVENTS (docs/events.md), or ask an operator to request it.`;
  return async () => ({ kind: 'refused', decision: 'not-accepted', errors: [{ field: 'type', message, fix }] });
}

function onboardOnRequest(config: Config): EventHandler {
  return async (event, client) => {
    const requested =
      config.profileBook.profiles.length === 0 ? readOnlyRequest(event, config) : bounded(event, config);
    if ('kind' in requested) return requested;
    const { onboarding, ...profile } = requested;
    const fault = lifetimeFault(onboarding.credentialLifetimeDays, config.lifetimes);
    if (fault) return { kind: 'refused', decision: 'invalid-data', errors: [fault], ...profile };
    const run = newRun(onboarding, originOf(event, fingerprint(onboarding)), config);
    return { ...(await startFromEvent(client, ONBOARD, run)), ...profile };
  };
}

type Requested = EventVerdict | { readonly onboarding: Onboarding; readonly profile?: string };

/** Without profiles, an event may request any client, but only read actions. */
function readOnlyRequest({ data }: IncomingEvent, { registries, lifetimes }: Config): Requested {
  const parsed = onboardingEventData.safeParse(data, { reportInput: true });
  if (!parsed.success) return invalidData(parsed.error, ONBOARDING_FIELDS);
  const errors = NOT_FOR_EVENTS.filter((field) => parsed.data[field] !== undefined).map((field) => ({
    field,
    ...NAMED_BY_EVENT,
  }));
  if (errors.length > 0) return { kind: 'refused', decision: 'invalid-data', errors };
  return { onboarding: toOnboarding(parsed.data, registries[0].name, lifetimes.defaultDays) };
}

function bounded({ data }: IncomingEvent, { profileBook, lifetimes }: Config): Requested {
  const parsed = boundedEventData.safeParse(data, { reportInput: true });
  if (!parsed.success) return invalidData(parsed.error, ONBOARDING_FIELDS);
  const { defaultRegistry, profiles } = profileBook;
  // The event names no registry, so the profiles' registries are tried.
  const registries = new Set([defaultRegistry, ...profiles.flatMap(({ registry }) => registry ?? [])]);
  const profile = [...registries]
    .map((registry) => profileOfRequest(profileBook, clientOfEvent(parsed.data, registry)))
    .find((found) => found !== undefined);
  if (!profile) return { kind: 'refused', decision: 'no-profile' };
  const requested = withinProfile(profile, parsed.data, defaultRegistry, lifetimes.defaultDays);
  return 'beyond' in requested
    ? { kind: 'refused', decision: 'beyond-profile', profile: profile.name, errors: requested.beyond }
    : { onboarding: requested.onboarding, profile: profile.name };
}

type ClientHandler = (
  event: IncomingEvent,
  client: DurableClient,
  reference: ReturnType<typeof clientOfEvent>,
) => Promise<EventVerdict>;

/** Handles events whose data name only a client. */
function aboutClient(kind: RequestEventKind, config: Config, handle: ClientHandler): EventHandler {
  const { profileBook } = config;
  return ifAccepted(kind, config, async (event, client) => {
    const parsed = clientEventData.safeParse(event.data, { reportInput: true });
    if (!parsed.success) return invalidData(parsed.error, ONBOARDING_FIELDS);
    const { defaultRegistry, profiles } = profileBook;
    const registries = [...new Set([defaultRegistry, ...profiles.flatMap(({ registry }) => registry ?? [])])];
    const covered = registries
      .map((registry) => clientOfEvent(parsed.data, registry))
      .flatMap((reference) => {
        const profile = profileOfClient(profileBook, reference);
        return profile ? [{ reference, profile: { profile: profile.name } }] : [];
      });
    const [found] = covered;
    if (profiles.length > 0 && !found) return { kind: 'refused', decision: 'no-profile' };
    const { reference, profile } = found ?? { reference: clientOfEvent(parsed.data, defaultRegistry), profile: {} };
    return { ...(await handle(event, client, reference)), ...profile };
  });
}

function originOf({ at }: IncomingEvent, of: string) {
  return { actor: 'event', fingerprint: of, ...(at === undefined ? {} : { eventAt: at }) };
}
