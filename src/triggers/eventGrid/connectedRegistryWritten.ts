import { randomBytes } from 'node:crypto';
import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import { judgeWrite } from '../../domain/events/connectedRegistryRecord.js';
import type { IncomingEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { toOnboarding, type Onboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { profileOfConnectedRegistry, requestOf, type Profile } from '../../domain/profiles/profiles.js';
import {
  isConnectedRegistryDeletion,
  isConnectedRegistryWrite,
  isPatch,
  isWrittenBy,
  parseConnectedRegistryId,
  RESOURCE_DELETED,
  RESOURCE_WRITTEN,
  resourceEventData,
  type ResourceEventData,
} from '../../domain/events/resourceEvents.js';
import { ONBOARD } from '../../domain/operations/run.js';
import {
  NOTHING_STARTED,
  ONBOARD_PROFILE,
  profileInstance,
  type ProfileInput,
} from '../../domain/profiles/onboardProfile.js';
import { waitingRows } from '../../domain/rollouts/startPlan.js';
import type { Queries } from '../../queries/queries.js';
import { noteConnectedRegistry, readConnectedRegistry } from '../durable/connectedRegistryRecords.js';
import { hasEnded, readInstance } from '../durable/runStatus.js';
import { tryStart } from '../durable/startRun.js';
import { DeliverAgain, eventFunction, invalidData, type EventVerdict } from './eventFunction.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Handles ARM's resource events: onboards the clients that a profile lists at a new connected registry. */
export function onConnectedRegistryWritten(config: Config, queries: Queries) {
  return eventFunction('connectedRegistryWritten', {
    [RESOURCE_WRITTEN]: async (event, client) => {
      const found = await newConnectedRegistry(event, config, queries, client);
      if ('kind' in found) return found;
      return start(client, found);
    },
    [RESOURCE_DELETED]: (event, client) => noteDeletion(event, config, client),
  });

  /** Starts the orchestration that starts the clients. A second delivery of the event finds it. */
  async function start(
    client: DurableClient,
    { profile, registry, name, at }: NewConnectedRegistry,
  ): Promise<EventVerdict> {
    const instance = profileInstance(registry, name, at);
    const known = await readInstance(client, instance);
    if (known?.runtimeStatus === df.OrchestrationRuntimeStatus.Completed)
      return { kind: 'ignored', decision: 'repeated', profile: profile.name };
    const now = new Date();
    const actor = 'event';
    const input: ProfileInput = {
      plan: { id: instance, kind: ONBOARD, actor, requestedAt: now.toISOString(), source: { kind: 'event', at } },
      run: newRunId(now, randomBytes(4)),
      actor,
      limits: config.limits,
      rows: waitingRows(profile.clients.map((device) => onboardingOf(profile, name, device))),
      tally: NOTHING_STARTED,
      idle: 0,
    };
    if (await tryStart(client, ONBOARD_PROFILE, instance, input))
      return { kind: 'taken', decision: 'started', profile: profile.name };
    // The engine also refuses what it cannot store.
    if (!(await goesOn(client, instance)))
      throw new DeliverAgain('the durable engine refused the start; the event must be delivered again');
    return { kind: 'taken', decision: 'attached', profile: profile.name };
  }

  function onboardingOf(profile: Profile, connectedRegistry: string, device: string): Onboarding {
    const request = requestOf(profile, { connectedRegistry, client: device });
    return toOnboarding(request, config.profileBook.defaultRegistry, config.lifetimes.defaultDays);
  }
}

/**
 * Whether the orchestration is in progress, or has ended by itself. One that was terminated or has crashed starts no
 * client.
 */
async function goesOn(client: DurableClient, instance: string): Promise<boolean> {
  const found = await readInstance(client, instance);
  return found !== undefined && (!hasEnded(found) || found.runtimeStatus === df.OrchestrationRuntimeStatus.Completed);
}

interface NewConnectedRegistry {
  readonly profile: Profile;
  readonly registry: string;
  readonly name: string;
  readonly at: string;
}

/** Finds the new connected registry that an event reports, or why there is none. Cheap checks come before reads. */
async function newConnectedRegistry(
  event: IncomingEvent,
  config: Config,
  { events }: Queries,
  client: DurableClient,
): Promise<NewConnectedRegistry | EventVerdict> {
  const read = readEvent(event, config, isConnectedRegistryWrite);
  if ('kind' in read) return read;
  const { data, id } = read;
  if (isPatch(data)) return { kind: 'ignored', decision: 'not-new' };
  if (event.at === undefined) return { kind: 'refused', decision: 'no-time' };
  if (isWrittenBy(data, await events.ownNames())) return { kind: 'ignored', decision: 'own-write' };
  const profile = profileOfConnectedRegistry(config.profileBook, id.registry, id.name);
  if (!profile) return { kind: 'ignored', decision: 'no-profile' };
  const facts = await events.connectedRegistry(id.registry, id.name);
  const notNew = { kind: 'ignored', decision: 'not-new', profile: profile.name } as const;
  if (!facts) return notNew;
  const { record, wasBound } = await readConnectedRegistry(client, id.registry, facts.name);
  const verdict = judgeWrite(record, { at: event.at, facts, wasBound });
  // Records nothing, so that a later event can decide.
  if (verdict === 'unknown') return { kind: 'refused', decision: 'age-unknown', profile: profile.name };
  // Recorded before the first start, so that a redelivery after a failure counts as the same event.
  if (verdict !== 'known')
    await noteConnectedRegistry(client, id.registry, facts.name, verdict === 'new' ? 'noteNew' : 'noteOld', event.at);
  return verdict === 'new' ? { profile, registry: id.registry, name: facts.name, at: event.at } : notNew;
}

/**
 * Records the deletion, so that the next connected registry of that name counts as new. Starts nothing: a check finds
 * the remaining resources.
 */
async function noteDeletion(event: IncomingEvent, config: Config, client: DurableClient): Promise<EventVerdict> {
  const read = readEvent(event, config, isConnectedRegistryDeletion);
  if ('kind' in read) return read;
  const { id } = read;
  if (event.at === undefined) return { kind: 'refused', decision: 'no-time' };
  if (!profileOfConnectedRegistry(config.profileBook, id.registry, id.name))
    return { kind: 'ignored', decision: 'no-profile' };
  await noteConnectedRegistry(client, id.registry, id.name, 'noteDeleted', event.at);
  return { kind: 'taken', decision: 'noted' };
}

/** Parses an event about a connected registry in a configured registry. */
function readEvent(event: IncomingEvent, config: Config, isAbout: (data: ResourceEventData) => boolean) {
  const parsed = resourceEventData.safeParse(event.data, { reportInput: true });
  if (!parsed.success) return invalidData(parsed.error);
  const { data } = parsed;
  const id = parseConnectedRegistryId(data.resourceUri ?? event.subject ?? '');
  if (!isAbout(data) || !id || !isConfigured(id, config)) return { kind: 'ignored', decision: 'not-ours' } as const;
  return { data, id };
}

function isConfigured(
  id: { readonly subscriptionId: string; readonly resourceGroup: string; readonly registry: string },
  config: Config,
): boolean {
  const registry = findRegistry(config, id.registry);
  return sameName(registry?.subscriptionId, id.subscriptionId) && sameName(registry?.resourceGroup, id.resourceGroup);
}
