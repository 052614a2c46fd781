import type { Config } from '../../settings/config.js';
import { clientFingerprint } from '@connected-registry/protocol/requests/clientsRequest';
import { DEVICE_CREATED, DEVICE_DELETED, deviceEventData } from '@connected-registry/protocol/messages/deviceEvents';
import type { IncomingEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { fingerprint, toOnboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { profileOfDevice, requestOf, type Profile } from '../../domain/profiles/profiles.js';
import { OFFBOARD, ONBOARD } from '../../domain/operations/run.js';
import type { Queries } from '../../queries/queries.js';
import { newRun } from '../durable/newRun.js';
import { eventFunction, invalidData, type EventHandler, type EventVerdict } from './eventFunction.js';
import { startFromEvent } from './startFromEvent.js';

interface Device {
  readonly hub: string;
  readonly device: string;
  readonly profile: Profile;
  readonly at: string;
}

/**
 * Handles an IoT Hub's events: onboards a created device by its profile, and offboards a deleted one. Events may arrive
 * out of order, so the hub is asked whether the device exists now.
 */
export function onDeviceChanged(config: Config, queries: Queries) {
  const { defaultRegistry } = config.profileBook;

  const created: EventHandler = async (event, client) => {
    const found = deviceOf(event, config);
    if ('kind' in found) return found;
    const { hub, device, profile, at } = found;
    if (!(await queries.events.hasDevice(hub, device)))
      return { kind: 'ignored', decision: 'device-gone', profile: profile.name };
    const { connectedRegistry = '' } = profile;
    const onboarding = toOnboarding(
      requestOf(profile, { connectedRegistry, client: device }),
      defaultRegistry,
      config.lifetimes.defaultDays,
    );
    const origin = { actor: 'event', fingerprint: fingerprint(onboarding), eventAt: at };
    const run = newRun(onboarding, origin, config);
    return { ...(await startFromEvent(client, ONBOARD, run)), profile: profile.name };
  };

  const deleted: EventHandler = async (event, client) => {
    const found = deviceOf(event, config);
    if ('kind' in found) return found;
    const { hub, device, profile, at } = found;
    // The device was created again, which its own event reports.
    if (await queries.events.hasDevice(hub, device))
      return { kind: 'ignored', decision: 'device-exists', profile: profile.name };
    const { registry = defaultRegistry, connectedRegistry = '' } = profile;
    const reference = { registry, connectedRegistry, client: device };
    const origin = { actor: 'event', fingerprint: clientFingerprint(OFFBOARD, reference), eventAt: at };
    const run = newRun(reference, origin, config);
    return { ...(await startFromEvent(client, OFFBOARD, run)), profile: profile.name };
  };

  return eventFunction('deviceChanged', { [DEVICE_CREATED]: created, [DEVICE_DELETED]: deleted });
}

/** The event's device and its profile, or why the event is ignored. */
function deviceOf(event: IncomingEvent, { profileBook }: Config): Device | EventVerdict {
  const parsed = deviceEventData.safeParse(event.data, { reportInput: true });
  if (!parsed.success) return invalidData(parsed.error);
  const { hubName: hub, deviceId: device, moduleId } = parsed.data;
  if (moduleId !== undefined) return { kind: 'ignored', decision: 'not-ours' };
  if (event.at === undefined) return { kind: 'refused', decision: 'no-time' };
  const profile = profileOfDevice(profileBook, hub, device);
  return profile ? { hub, device, profile, at: event.at } : { kind: 'ignored', decision: 'no-profile' };
}
