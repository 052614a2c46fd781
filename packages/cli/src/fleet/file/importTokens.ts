import { requestedRepositories } from '@connected-registry/protocol/names/repositoryActions';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { isSystemScopeMap } from '@connected-registry/protocol/names/names';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { plainLine } from '../../output/plain.js';
import { fleetText, type ExportedFleet, type FleetRow } from './exportFleet.js';
import type { FleetClient } from './fleetSchema.js';

/** An unmanaged token, with the client of a fleet file that adopts it, or why there is none. */
export type ImportedToken = UnmanagedToken &
  ({ readonly client: FleetClient; readonly leftOut?: never } | { readonly leftOut: string; readonly client?: never });

/**
 * Makes the client of a fleet file for each token that can be adopted as it is. It gets the name of its token, and
 * keeps its scope map.
 *
 * @param clients those that exist
 * @param image what devices pull as the check, where the scope map names no plain repository
 */
export function importTokens(
  tokens: readonly UnmanagedToken[],
  clients: readonly ClientReference[],
  image: string | undefined,
): ImportedToken[] {
  return tokens.map((token) => {
    const found = clientOf(token, clients, image);
    return typeof found === 'string' ? { ...token, leftOut: found } : { ...token, client: found };
  });
}

/** The fleet file that adopts them. @returns undefined if it would have no client */
export function importedFleet(tokens: readonly ImportedToken[]): ExportedFleet | undefined {
  const rows = tokens.flatMap(({ registry, connectedRegistry, client }): FleetRow[] =>
    client ? [{ place: `${registry}/${connectedRegistry}`, client }] : [],
  );
  const left = tokens.flatMap(({ registry, connectedRegistry, token, leftOut }) =>
    leftOut === undefined
      ? []
      : [{ name: plainLine(`${registry}/${connectedRegistry}/${token}`), reason: plainLine(leftOut) }],
  );
  return rows.length === 0 ? undefined : { text: fleetText(rows, left), left };
}

/** The client, or why the token is left out. The app refuses the same, and says what helps. */
function clientOf(
  token: UnmanagedToken,
  clients: readonly ClientReference[],
  image: string | undefined,
): FleetClient | string {
  const { registry, connectedRegistry, token: name, scopeMap, claimedBy, alsoBoundTo, isEnabled, freeSlot } = token;
  if (claimedBy) return `by the app's record it is the token of ${claimedBy.client} of ${claimedBy.connectedRegistry}`;
  if (alsoBoundTo) return `${alsoBoundTo.join(', ')} has it too: a token is one client of one connected registry`;
  if (isEnabled === false) return 'it is disabled';
  if (freeSlot === undefined) return 'both of its passwords work: remove one that no device uses';
  const taken = clients.find(
    (one) =>
      sameName(one.registry, registry) &&
      sameName(one.connectedRegistry, connectedRegistry) &&
      sameName(one.client, name),
  );
  if (taken) return `there is a client ${taken.client} already: choose another name for it by hand`;
  const repositories = scopeMap.actions === undefined ? undefined : requestedRepositories(scopeMap.actions);
  if (repositories === undefined)
    return `its scope map ${scopeMap.name} grants nothing, or is missing, or grants what no request can ask for`;
  const fields = {
    client: name,
    token: name,
    adopt: true,
    repositories,
    // Nobody can name a system-defined scope map: the app makes one with the same rights.
    ...(isSystemScopeMap(scopeMap.name) ? {} : { scopeMap: scopeMap.name }),
  };
  const candidates: FleetClient[] = [fields, ...(image === undefined ? [] : [{ ...fields, image }])];
  const reference = { registry, connectedRegistry };
  const fitting = candidates.find((one) => onboardingRow.safeParse({ ...reference, ...one }).success);
  if (fitting) return fitting;
  const [issue] = onboardingRow.safeParse({ ...reference, ...fields }).error?.issues ?? [];
  return issue?.path[0] === 'image'
    ? 'its scope map names no repository without a wildcard that it may pull: say by --image what devices pull as the check'
    : 'its names or rights are none that a request may have';
}
