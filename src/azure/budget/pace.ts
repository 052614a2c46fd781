import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ArmKind } from '../../domain/resourceManager/rates.js';
import { REQUESTS_OF_KIND } from '../../domain/rollouts/requestsOfKind.js';
import type { Pace, PacedWork } from '../../ports/pace.js';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import { armBuckets } from './armBuckets.js';
import type { Turns } from './turns.js';

/** Milliseconds after which a run that was started has taken or reserved its tokens. */
const UNSEEN = 15_000;

/** Implements {@link Pace} by the budgets of this process. @param turns has the budgets */
export function createPace(
  turns: Turns,
  config: Pick<Config, 'registries'> & {
    readonly arm: Pick<Config['arm'], 'rates' | 'identities'>;
    readonly identity: Pick<Config['identity'], 'clientId'>;
  },
): Pace {
  const buckets = armBuckets(config.arm.rates);
  const principals = armPrincipals(config);
  /** The last starts, by subscription. */
  const starts = new Map<string, { readonly kind: RolloutKind; readonly at: number }[]>();

  return {
    room: ({ registry, kind }, withinSeconds) => {
      const subscription = subscriptionOf(registry);
      const rooms = ARM_KINDS.flatMap((armKind) => {
        const each = REQUESTS_OF_KIND[kind][armKind];
        if (each === 0) return [];
        const spare = principals.reduce(
          (sum, principal) => sum + turns.spare(buckets.of(subscription, principal, armKind), withinSeconds),
          0,
        );
        return (spare - unseen(subscription, armKind)) / each;
      });
      return Math.max(0, Math.floor(Math.min(...rooms)));
    },
    started: ({ registry, kind }: PacedWork) => {
      const subscription = subscriptionOf(registry);
      starts.set(subscription, [...recent(subscription), { kind, at: turns.clock.now() }]);
    },
  };

  /** Requests of runs that were started a moment ago. */
  function unseen(subscription: string, armKind: ArmKind): number {
    return recent(subscription).reduce((sum, { kind }) => sum + REQUESTS_OF_KIND[kind][armKind], 0);
  }

  function recent(subscription: string) {
    const since = turns.clock.now() - UNSEEN;
    return (starts.get(subscription) ?? []).filter(({ at }) => at > since);
  }

  /** A registry that the settings no longer name has no budget of its own: its run fails by itself. */
  function subscriptionOf(registry: string): string {
    return (findRegistry(config, registry) ?? config.registries[0]).subscriptionId.toLowerCase();
  }
}

const ARM_KINDS: readonly ArmKind[] = ['reads', 'writes', 'deletes'];
