import type { ArmKind } from '../../domain/resourceManager/rates.js';
import { REQUESTS_OF_ACCESS, REQUESTS_OF_KIND } from '../../domain/rollouts/requestsOfKind.js';
import type { Pace, PacedWork } from '../../ports/pace.js';
import { armPrincipals } from '../../settings/armIdentities.js';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import { subscriptionsOfVaults, type VaultConfig } from '../../settings/vaults.js';
import { armBuckets } from './armBuckets.js';
import type { Turns } from './turns.js';

/** Milliseconds after which a run that was started has taken or reserved its tokens. */
const UNSEEN = 15_000;

type Needs = Readonly<Record<ArmKind, number>>;

const NOTHING: Needs = { reads: 0, writes: 0, deletes: 0 };

/**
 * What the app's own identity does in a vault's subscription, beside what all do in a registry's. No subscription has
 * such an id.
 */
const ofVaults = (subscription: string): string => `vaults of ${subscription}`;

/** Implements {@link Pace} by the budgets of this process. @param turns has the budgets */
export function createPace(
  turns: Turns,
  config: Pick<Config, 'registries'> & {
    readonly vaults: readonly Pick<VaultConfig, 'resourceId'>[];
    readonly arm: Pick<Config['arm'], 'rates' | 'identities'>;
    readonly identity: Pick<Config['identity'], 'clientId'>;
  },
): Pace {
  const buckets = armBuckets(config.arm.rates);
  const principals = armPrincipals(config);
  const [own] = principals;
  const vaultSubscriptions = subscriptionsOfVaults(config);
  /** The last starts, by what they draw on. */
  const starts = new Map<string, { readonly needs: Needs; readonly at: number }[]>();

  return {
    room: ({ registry, kind, givesAccess }, withinSeconds) => {
      const subscription = subscriptionOf(registry);
      const access = givesAccess === true && vaultSubscriptions.length > 0 ? REQUESTS_OF_ACCESS : NOTHING;
      const isShared = vaultSubscriptions.includes(subscription);
      const rooms = ARM_KINDS.flatMap((armKind) => {
        const spareOf = (of: string, principal: string) =>
          turns.spare(buckets.of(of, principal, armKind), withinSeconds);
        const all = principals.reduce((sum, principal) => sum + spareOf(subscription, principal), 0);
        const each = REQUESTS_OF_KIND[kind][armKind] + (isShared ? access[armKind] : 0);
        return [
          ...(each === 0 ? [] : [(all - unseen(subscription, armKind)) / each]),
          // Which vault a client has is known when its run begins: until then each must have room.
          ...vaultSubscriptions.flatMap((of) =>
            access[armKind] === 0 ? [] : [(spareOf(of, own) - unseen(ofVaults(of), armKind)) / access[armKind]],
          ),
        ];
      });
      return Math.max(0, Math.floor(Math.min(...rooms)));
    },
    started: ({ registry, kind, givesAccess }: PacedWork) => {
      note(subscriptionOf(registry), REQUESTS_OF_KIND[kind]);
      if (givesAccess !== true) return;
      for (const of of vaultSubscriptions) {
        note(of, REQUESTS_OF_ACCESS);
        note(ofVaults(of), REQUESTS_OF_ACCESS);
      }
    },
  };

  function note(key: string, needs: Needs): void {
    starts.set(key, [...recent(key), { needs, at: turns.clock.now() }]);
  }

  /** Requests of runs that were started a moment ago. */
  function unseen(key: string, armKind: ArmKind): number {
    return recent(key).reduce((sum, { needs }) => sum + needs[armKind], 0);
  }

  function recent(key: string) {
    const since = turns.clock.now() - UNSEEN;
    return (starts.get(key) ?? []).filter(({ at }) => at > since);
  }

  /** A registry that the settings no longer name has no budget of its own: its run fails by itself. */
  function subscriptionOf(registry: string): string {
    return (findRegistry(config, registry) ?? config.registries[0]).subscriptionId.toLowerCase();
  }
}

const ARM_KINDS: readonly ArmKind[] = ['reads', 'writes', 'deletes'];
