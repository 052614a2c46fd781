import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import type { DesiredFleet } from '../file/desiredFleet.js';
import { seenHash, type ClientFacts } from '../world/clientFacts.js';
import { withAdoption } from './adoption.js';
import type { PlanEntry } from './planEntry.js';
import { judge, type Verdict } from './verdict.js';

/**
 * Compares all clients. The order is that of the file, in which a rollout takes them, and then that of the API.
 * @param tokens that belong to no client, of the connected registries that the file names; needed if a client of it
 * adopts one
 * @param prune whether clients that the file does not have are to be removed
 */
export function planEntries(
  fleet: DesiredFleet,
  world: readonly ClientFacts[],
  tokens: readonly UnmanagedToken[],
  prune: boolean,
): PlanEntry[] {
  const present = new Map(world.map((facts) => [facts.key, facts]));
  const desired = fleet.clients.map((client): PlanEntry => {
    const facts = present.get(client.key);
    const entry = {
      key: client.key,
      ...client.reference,
      place: client.place,
      ...judge(client, facts),
      ...seenOf(facts),
    };
    return withAdoption(entry, client.onboarding.token, facts, tokens);
  });
  const named = new Set(fleet.clients.map(({ key }) => key));
  const others = world
    .filter(({ key }) => !named.has(key))
    .map((facts): PlanEntry => ({ key: facts.key, ...facts.reference, ...judgeOther(facts, prune), ...seenOf(facts) }));
  return [...desired, ...others];
}

function judgeOther({ running, state }: ClientFacts, prune: boolean): Verdict {
  if (!prune) return { mark: '!', reasons: ['is not in the file, and a plan without --prune leaves it'] };
  if (running !== undefined || state === 'changing')
    return {
      mark: '?',
      reasons: ['is not in the file, and an operation is in progress: plan again when it has ended'],
    };
  return { mark: '-', reasons: ['is not in the file'] };
}

function seenOf(facts: ClientFacts | undefined): Pick<PlanEntry, 'seen' | 'sawIdentity'> {
  if (!facts) return {};
  return { seen: seenHash(facts), ...(facts.identity === undefined ? {} : { sawIdentity: true }) };
}
