import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { RolloutKind } from '@connected-registry/protocol/requests/rolloutRequest';
import { givesAccess } from '../../../domain/rollouts/requestsOfKind.js';
import type { RolloutPlan, RolloutRequest } from '../../../domain/rollouts/rollout.js';
import { vaultOfKey } from '../../../domain/vaults/clientVault.js';
import type { Queries } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { findVault, subscriptionOfVault, vaultHosts } from '../../../settings/vaults.js';

/** Milliseconds that the answer to a start waits for the number of role assignments. */
const COUNTED_WITHIN = 2_000;

/** Rows of a rollout that give devices access to secrets in the vaults of one subscription. */
interface AccessRows {
  readonly subscription: string;
  readonly rows: number;
  /** The client of the first of these rows, and the host of its vault. */
  readonly client: ClientReference;
  readonly vaultHost: string;
}

/**
 * Rows with access, by the subscription of the vault that a new client gets. Without a vault's resource id the app
 * gives no access: each such row is refused.
 */
function accessRows(
  kind: RolloutKind,
  requests: readonly RolloutRequest[],
  config: Pick<Config, 'vaults'>,
): readonly AccessRows[] {
  const hosts = vaultHosts(config);
  const found = new Map<string, AccessRows>();
  for (const request of requests) {
    if (!givesAccess(kind, request)) continue;
    const vaultHost = vaultOfKey(clientKey(request), hosts);
    const vault = findVault(config, vaultHost);
    const subscription = vault && subscriptionOfVault(vault);
    if (subscription === undefined) continue;
    const before = found.get(subscription) ?? { subscription, rows: 0, client: referenceOf(request), vaultHost };
    found.set(subscription, { ...before, rows: before.rows + 1 });
  }
  return [...found.values()];
}

/** What a plan says about the rows that give access. */
export function accessOfPlan(
  kind: RolloutKind,
  requests: readonly RolloutRequest[],
  config: Pick<Config, 'vaults'>,
): Pick<RolloutPlan, 'access'> {
  const [first, ...others] = accessRows(kind, requests, config).map(({ subscription, rows }) => ({
    subscription,
    rows,
  }));
  if (first === undefined) return {};
  return { access: { ...first, ...(others.length === 0 ? {} : { others }) } };
}

/** Warns of each subscription that has, or will have by these rows, almost no room for role assignments. */
export async function limitWarningsOf(
  kind: RolloutKind,
  requests: readonly RolloutRequest[],
  config: Pick<Config, 'vaults'>,
  queries: Pick<Queries, 'limitWarnings'>,
): Promise<readonly CheckWarning[]> {
  const found = await Promise.all(
    accessRows(kind, requests, config).map(({ client, vaultHost, rows }) =>
      queries.limitWarnings(client, vaultHost, { within: COUNTED_WITHIN, clients: rows }),
    ),
  );
  return found.flat();
}
