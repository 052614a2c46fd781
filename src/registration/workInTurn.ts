import { sameName } from '@connected-registry/protocol/names/sameName';
import { armBuckets } from '../azure/budget/armBuckets.js';
import type { Choice, TurnOrder } from '../azure/budget/placement.js';
import type { Turns } from '../azure/budget/turns.js';
import { awaitTurn, type RetryLater, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import type { ArmKind } from '../domain/resourceManager/rates.js';
import { armPrincipals } from '../settings/armIdentities.js';
import type { Config } from '../settings/config.js';
import { findRegistry } from '../settings/registries.js';
import { findVault, subscriptionOfVault } from '../settings/vaults.js';
import type { ArmNeeds } from './activityNeeds.js';

/** A piece of work that the engine calls. */
export interface EngineWork {
  /** Identifies it: an equal key shares a reservation. */
  readonly key: string;
  readonly by: WorksFor['by'];
  readonly input: object;
  readonly needs: ArmNeeds;
}

const REASON = 'Azure Resource Manager allows no further requests of this kind yet';

/**
 * Runs work of activities and entities in its turn. Work whose turn comes later is not started: its outcome says when
 * to repeat it. Work that a service has refused for its rate gets the time of its next turn.
 */
export type WorkInTurn = ReturnType<typeof workInTurn>;

export function workInTurn(turns: Turns, config: Pick<Config, 'arm' | 'identity' | 'registries' | 'vaults'>) {
  const principals = armPrincipals(config);
  const buckets = armBuckets(config.arm.rates);
  return async <O extends StepOutcome<unknown>>(
    { key, by, input, needs }: EngineWork,
    work: () => Promise<O>,
  ): Promise<O | RetryLater> => {
    const subscription = needs.of === 'vault' ? vaultSubscription(config, input) : subscriptionOf(config, input);
    const order: TurnOrder = {
      key,
      priority: by.priority ?? 'single',
      servesMany: needs.servesMany === true,
      choices: subscription === undefined ? [] : choicesOf(subscription, needs),
    };
    const turn = await turns.inTurn(order, work);
    if ('seconds' in turn) return awaitTurn(REASON, turn.seconds);
    const { result } = turn;
    if (result.kind !== 'retryLater' || result.turn !== true || order.choices.length === 0) return result;
    return awaitTurn(result.reason, turns.reserve(order, result.afterSeconds ?? 0));
  };

  /** The needs, by each of the principals that can send the requests; empty for work that sends none. */
  function choicesOf(subscription: string, needs: ArmNeeds): Choice[] {
    const kinds = KINDS.flatMap((kind) => {
      const tokens = needs[kind] ?? 0;
      return tokens === 0 ? [] : [{ kind, tokens }];
    });
    if (kinds.length === 0) return [];
    const senders = needs.of === 'vault' ? principals.slice(0, 1) : principals;
    return senders.map((principal) => ({
      principal,
      needs: kinds.map(({ kind, tokens }) => ({ bucket: buckets.of(subscription, principal, kind), tokens })),
    }));
  }
}

/** The turns of an entity's operations. @param needsOf what an operation will probably need, by the entity's state */
export function entityInTurn<Operation, Request extends WorksFor, State>(
  inTurn: WorkInTurn,
  needsOf: (operation: Operation, request: Request, state: State) => ArmNeeds,
) {
  return (
    call: { readonly entity: string; readonly operation: Operation; readonly request: Request; readonly state: State },
    work: () => Promise<StepOutcome<unknown>>,
  ): Promise<StepOutcome<unknown>> => {
    const { entity, operation, request, state } = call;
    return inTurn({ key: entity, by: request.by, input: request, needs: needsOf(operation, request, state) }, work);
  };
}

const KINDS: readonly ArmKind[] = ['reads', 'writes', 'deletes'];

/** The subscription of the vault that the input names, by its host; undefined if the settings do not say. */
function vaultSubscription(config: Pick<Config, 'vaults'>, input: object): string | undefined {
  const host = 'vaultHost' in input && typeof input.vaultHost === 'string' ? input.vaultHost : undefined;
  const vault = findVault(config, host);
  return vault && subscriptionOfVault(vault);
}

/**
 * The subscription that work is about. With several subscriptions it is that of the registry in the input.
 *
 * @returns undefined if the input names none: then each request takes its token when it is sent.
 */
function subscriptionOf({ registries }: Pick<Config, 'registries'>, input: object): string | undefined {
  const [{ subscriptionId }, ...rest] = registries;
  if (rest.every((other) => sameName(other.subscriptionId, subscriptionId))) return subscriptionId;
  const name = registryIn(input);
  return name === undefined ? undefined : findRegistry({ registries }, name)?.subscriptionId;
}

/** Fields of inputs that name a client or a request, and with it a registry. */
const ABOUT = ['reference', 'onboarding', 'rotation', 'clients'] as const;

function registryIn(input: object): string | undefined {
  if ('registry' in input && typeof input.registry === 'string') return input.registry;
  for (const field of ABOUT) {
    const found: unknown = (input as Readonly<Record<string, unknown>>)[field];
    const about: unknown = Array.isArray(found) ? found[0] : found;
    if (typeof about === 'object' && about !== null && 'registry' in about && typeof about.registry === 'string')
      return about.registry;
  }
  return undefined;
}
