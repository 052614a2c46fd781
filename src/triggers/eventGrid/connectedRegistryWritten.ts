import type { DurableClient } from 'durable-functions';
import { findRegistry, type Config } from '../../config.js';
import type { IncomingEvent } from '../../domain/incomingEvent.js';
import { fingerprint, toOnboarding } from '../../domain/onboardingRequest.js';
import { profileOfConnectedRegistry, requestOf, type Profile } from '../../domain/profiles.js';
import {
  isConnectedRegistryWrite,
  isPatch,
  isWrittenBy,
  parseConnectedRegistryId,
  RESOURCE_WRITTEN,
  resourceEventData,
} from '../../domain/resourceEvents.js';
import { ONBOARD } from '../../domain/run.js';
import type { Queries } from '../../queries/queries.js';
import { newRun } from '../durable/newRun.js';
import { eventFunction, invalidData, type Verdict } from './eventFunction.js';
import { startFromEvent } from './startFromEvent.js';

/** Seconds after its creation in which a write of a connected registry is the one that has made it: it may take a while. */
const NEW_FOR_SECONDS = 3600;

/** Resource Manager's events: a new connected registry gets the clients that its profile lists. */
export function onConnectedRegistryWritten(config: Config, queries: Queries) {
  return eventFunction('connectedRegistryWritten', {
    [RESOURCE_WRITTEN]: async (event, client) => {
      const found = await newConnectedRegistry(event, config, queries);
      if ('kind' in found) return found;
      const { profile, name, at } = found;
      const verdicts: Verdict[] = [];
      for (const device of profile.clients) verdicts.push(await start(client, profile, name, device, at));
      return summary(verdicts, profile);
    },
  });

  async function start(client: DurableClient, profile: Profile, connectedRegistry: string, device: string, at: string) {
    const request = requestOf(profile, { connectedRegistry, client: device });
    const onboarding = toOnboarding(request, config.profileBook.defaultRegistry, config.lifetimes.usualDays);
    const origin = { actor: 'event', fingerprint: fingerprint(onboarding), eventAt: at };
    return startFromEvent(client, ONBOARD, { ...newRun(onboarding, origin, config), awaitsActivation: true });
  }
}

interface Found {
  readonly profile: Profile;
  readonly name: string;
  readonly at: string;
}

/** The new connected registry that an event tells of; or why it tells of none. Nothing is asked before the cheap looks. */
async function newConnectedRegistry(
  event: IncomingEvent,
  config: Config,
  { events }: Queries,
): Promise<Found | Verdict> {
  const parsed = resourceEventData.safeParse(event.data, { reportInput: true });
  if (!parsed.success) return invalidData(parsed.error);
  const { data } = parsed;
  const id = parseConnectedRegistryId(data.resourceUri ?? event.subject ?? '');
  if (!isConnectedRegistryWrite(data) || !id || !isConfigured(id, config))
    return { kind: 'ignored', decision: 'not-ours' };
  if (isPatch(data)) return { kind: 'ignored', decision: 'not-new' };
  if (event.at === undefined) return { kind: 'refused', decision: 'no-time' };
  if (isWrittenBy(data, await events.ownNames())) return { kind: 'ignored', decision: 'own-write' };
  const profile = profileOfConnectedRegistry(config.profileBook, id.registry, id.name);
  if (!profile) return { kind: 'ignored', decision: 'no-profile' };
  const facts = await events.connectedRegistry(id.registry, id.name);
  const { createdAt = event.at } = facts ?? {};
  const age = (new Date(event.at).getTime() - new Date(createdAt).getTime()) / 1000;
  if (!facts || age > NEW_FOR_SECONDS) return { kind: 'ignored', decision: 'not-new', profile: profile.name };
  return { profile, name: facts.name, at: event.at };
}

function isConfigured(
  id: { readonly subscriptionId: string; readonly resourceGroup: string; readonly registry: string },
  config: Config,
): boolean {
  const registry = findRegistry(config, id.registry);
  const same = (left: string, right: string | undefined) => left.toLowerCase() === right?.toLowerCase();
  return same(id.subscriptionId, registry?.subscriptionId) && same(id.resourceGroup, registry?.resourceGroup);
}

/** One verdict for all clients: something was started, or attached to, or all was done before. */
function summary(verdicts: readonly Verdict[], { name: profile }: Profile): Verdict {
  const operations = verdicts.flatMap(({ operations = [] }) => operations);
  const [first] = ['started', 'attached', 'stale', 'repeated'].flatMap((decision) =>
    verdicts.filter((verdict) => verdict.decision === decision),
  );
  return { ...(first ?? { kind: 'ignored', decision: 'repeated' }), profile, operations };
}
