import { lifetimeFault, minLifetimeDays } from '@connected-registry/protocol/requests/lifetimes';
import { REQUEST_EVENT_KINDS, type RequestEventKind } from '../domain/events/requestEvents.js';
import type { Settings } from './settingsSchema.js';

/**
 * Gives the kinds of requests that events on the request topic may make. By default all kinds with profiles, and none without:
 * every sender to the topic could otherwise revoke or offboard any client.
 */
export function acceptedRequestEvents({
  REQUEST_EVENTS,
  PROFILES,
}: Pick<Settings, 'REQUEST_EVENTS' | 'PROFILES'>): readonly RequestEventKind[] {
  return REQUEST_EVENTS ?? (PROFILES.length > 0 ? REQUEST_EVENT_KINDS : []);
}

/** Problems of profiles with the other settings. */
export function profileDisagreements(settings: Settings): string[] {
  const registries = settings.REGISTRIES.map(({ name }) => name.toLowerCase());
  const isUnknownHub = (hub: string | undefined) => hub !== undefined && !(hub.toLowerCase() in settings.IOT_HUBS);
  const lives = {
    defaultDays: settings.CREDENTIAL_LIFETIME_DAYS,
    minDays: minLifetimeDays(settings.NEAR_EXPIRY_EVENTS),
  };
  const problems = settings.PROFILES.flatMap(({ name, registry, match, channel, credentialLifetimeDays }) => {
    const found: string[] = [];
    const fault = (field: string, text: string) =>
      found.push(`setting PROFILES profile ${name}, field ${field}: ${text}`);
    if (registry !== undefined && !registries.includes(registry.toLowerCase()))
      fault('registry', 'is none of REGISTRIES; add it there or name one of them');
    const life = lifetimeFault(credentialLifetimeDays, lives);
    if (life) fault(life.field, `${life.message}. ${life.fix}`);
    if (isUnknownHub(match.hub)) fault('match.hub', 'is none of IOT_HUBS; add it there or name one of them');
    if (channel.kind === 'iotHub' && channel.hub !== match.hub && isUnknownHub(channel.hub))
      fault('channel.hub', 'is none of IOT_HUBS; add it there or name one of them');
    if (channel.kind === 'poll' && !settings.POLL_AUDIENCE)
      fault('channel', 'is poll, which needs the setting POLL_AUDIENCE');
    return found;
  });
  if (settings.POLL_AUDIENCE && !settings.AZURE_TENANT_ID)
    problems.push('setting AZURE_TENANT_ID is missing, and POLL_AUDIENCE needs it');
  return problems;
}
