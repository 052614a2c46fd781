import type { DurableClient } from 'durable-functions';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { fingerprint, toOnboarding } from '@connected-registry/protocol/requests/onboardingRequest';
import { ONBOARD } from '../../../domain/operations/run.js';
import { profileOfClient, requestOf } from '../../../domain/profiles/profiles.js';
import type { EventStartResult } from '../../../ports/runs.js';
import type { Config } from '../../../settings/config.js';
import { durableRuns } from '../../durable/durableRuns.js';
import { newRun } from '../../durable/newRun.js';

/** The actor in the audit of an onboarding that a device's joining has started. */
const ACTOR = 'join';

/**
 * Starts the onboarding of a device that has joined, if its profile says so. Joining counts as an event of the time at
 * which the device joined, so a repeated redemption starts nothing twice, and starts what an earlier one has not.
 * @param joinedAt ISO 8601, from the client's record
 * @returns undefined if the client's profile, if any, says to wait for an operator
 */
export async function onboardOnJoin(
  client: DurableClient,
  reference: ClientReference,
  joinedAt: string,
  config: Pick<Config, 'profileBook' | 'lifetimes' | 'limits'>,
): Promise<EventStartResult | undefined> {
  const profile = profileOfClient(config.profileBook, reference);
  if (profile?.onJoin !== 'onboard') return undefined;
  const request = { ...requestOf(profile, reference), registry: reference.registry };
  const onboarding = toOnboarding(request, config.profileBook.defaultRegistry, config.lifetimes.defaultDays);
  const origin = { actor: ACTOR, fingerprint: fingerprint(onboarding), eventAt: joinedAt };
  return durableRuns(client).startFromEvent(ONBOARD, newRun(onboarding, origin, config));
}
