import { lifetimeFault, minLifetimeDays } from '@connected-registry/protocol/requests/lifetimes';
import { REQUEST_EVENT_KINDS, type RequestEventKind } from '../domain/events/requestEvents.js';
import { toOnboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { requestOf, type Profile } from '../domain/profiles/profiles.js';
import { MAX_PIECE_BYTES } from '../domain/rollouts/pieceState.js';
import { waitingRows } from '../domain/rollouts/startPlan.js';
import type { Settings } from './settingsSchema.js';

/**
 * Gives the kinds of requests that events on the request topic may make. By default all kinds with profiles, and none
 * without: every sender to the topic could otherwise revoke or offboard any client.
 */
export function acceptedRequestEvents({
  REQUEST_EVENTS,
  PROFILES,
}: Pick<Settings, 'REQUEST_EVENTS' | 'PROFILES'>): readonly RequestEventKind[] {
  return REQUEST_EVENTS ?? (PROFILES.length > 0 ? REQUEST_EVENT_KINDS : []);
}

/** Maximum characters of a connected registry's name. A profile whose `match` names it applies to any. */
const MAX_CONNECTED_REGISTRY_CHARACTERS = 50;

/** Problems of profiles with the other settings. */
export function profileDisagreements(settings: Settings): string[] {
  const registries = settings.REGISTRIES.map(({ name }) => name.toLowerCase());
  const isUnknownHub = (hub: string | undefined) => hub !== undefined && !(hub.toLowerCase() in settings.IOT_HUBS);
  const lives = {
    defaultDays: settings.CREDENTIAL_LIFETIME_DAYS,
    minDays: minLifetimeDays(settings.NEAR_EXPIRY_EVENTS),
  };
  const problems = settings.PROFILES.flatMap((profile) => {
    const { name, registry, match, channel, credentialLifetimeDays, clients } = profile;
    const found: string[] = [];
    const fault = (field: string, text: string) =>
      found.push(`setting PROFILES profile ${name}, field ${field}: ${text}`);
    if (registry !== undefined && !registries.includes(registry.toLowerCase()))
      fault('registry', 'is none of REGISTRIES; add it there or name one of them');
    const life = lifetimeFault(credentialLifetimeDays, lives);
    if (life) fault(life.field, `${life.message}. ${life.fix}`);
    const bytes = bytesToStart(profile, settings.REGISTRIES[0].name);
    if (bytes > MAX_PIECE_BYTES)
      fault(
        'clients',
        `take ${bytes} bytes with the repositories of each, and at most ${MAX_PIECE_BYTES} can be started together (${clients.length} clients); name fewer repositories, wildcards such as samples/*, or fewer clients`,
      );
    if (isUnknownHub(match.hub)) fault('match.hub', 'is none of IOT_HUBS; add it there or name one of them');
    if ('hub' in channel && channel.hub !== match.hub && isUnknownHub(channel.hub))
      fault('channel.hub', 'is none of IOT_HUBS; add it there or name one of them');
    if (channel.kind === 'poll' && !settings.POLL_AUDIENCE)
      fault('channel', 'is poll, which needs the setting POLL_AUDIENCE');
    return found;
  });
  if (settings.POLL_AUDIENCE && !settings.AZURE_TENANT_ID)
    problems.push('setting AZURE_TENANT_ID is missing, and POLL_AUDIENCE needs it');
  return problems;
}

/**
 * Bytes, as JSON, of the onboardings of all clients that a profile lists, at most. They are the input of one
 * orchestration, which the durable engine limits as it does the rows of a rollout.
 */
function bytesToStart(profile: Profile, defaultRegistry: string): number {
  const [client] = profile.clients.toSorted((left, right) => right.length - left.length);
  if (client === undefined) return 0;
  const { connectedRegistry = 'c'.repeat(MAX_CONNECTED_REGISTRY_CHARACTERS) } = profile;
  const onboarding = toOnboarding(requestOf(profile, { connectedRegistry, client }), defaultRegistry);
  return profile.clients.length * Buffer.byteLength(JSON.stringify(waitingRows([onboarding])));
}
