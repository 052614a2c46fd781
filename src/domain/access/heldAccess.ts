import type { DeviceIdentity } from '@connected-registry/protocol/requests/deviceIdentity';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { WorksFor } from '../operations/worksFor.js';

/** Who may read a client's secrets, as far as this app decides it. The client's record keeps it. */
export interface HeldAccess {
  /** The identity that the client should have: that of the last onboarding that succeeded and named one. */
  readonly identity?: DeviceIdentity;
  /** Role assignments that this app made, or was about to make, one entry for each principal and vault. */
  readonly grants: readonly HeldGrant[];
}

/** Role assignments of one principal on secrets of one vault. */
export interface GrantedSecrets {
  /** In lower case. */
  readonly principalId: string;
  /** Resource id of the vault, as it was when they were made. */
  readonly vault: string;
  /** Names of the secrets. */
  readonly made: readonly string[];
}

/** Role assignments of an entry that is to end. */
export interface EndingSecrets extends GrantedSecrets {
  /** The run that had written the entry last: a later run's entry is another one. */
  readonly run: string;
}

/** An entry of the record. It is written before the action, so it may name assignments that were never made. */
export interface HeldGrant extends GrantedSecrets {
  /** The run that wrote it last. */
  readonly run: string;
  /**
   * `granting`: that run is at work. `ending`: the assignments are to be removed. `unreached`: this app cannot remove
   * them; a revocation and an offboarding try again, and say so.
   */
  readonly state: 'granting' | 'held' | 'ending' | 'unreached';
  /** Whether the assignments were held before that run, whose undo then keeps them. */
  readonly wasHeld?: true;
}

/** The operations of the client's record about access. */
export interface AccessRequests {
  /** A run is about to make these assignments. */
  readonly noteGrant: WorksFor & GrantedSecrets & { readonly run: string };
  /**
   * A run is undone. What the client did not have before the run is to be removed, also if the record lost it in the
   * meantime.
   */
  readonly undoGrant: WorksFor & GrantedSecrets & { readonly run: string };
  /** All assignments are to be removed: the client is revoked or offboarded. */
  readonly endGrants: WorksFor;
  /** Others made these assignments. */
  readonly disownGrant: WorksFor & GrantedSecrets;
  /**
   * A run has succeeded. From now on the client has this identity and its secrets are in this vault. The assignments of
   * all other principals and vaults are to be removed.
   */
  readonly completeGrant: WorksFor & CompletedGrant;
  /** Assignments are gone, or are others', and these cannot be removed. */
  readonly dropGrants: WorksFor & WithdrawnGrants;
}

/** The access that a successful run gave. `vault`: its resource id. */
interface CompletedGrant {
  readonly run: string;
  readonly identity: DeviceIdentity;
  readonly vault: string;
}

/** What a removal came to, by the entries that it had read. */
export interface WithdrawnGrants {
  readonly removed: readonly Omit<EndingSecrets, 'made'>[];
  readonly unreached: readonly Omit<EndingSecrets, 'made'>[];
}

/** Maximum entries; the newest are kept. An entry beyond them needs that many failed removals in a row. */
const MAX_GRANTS = 10;

/** A record that never had an entry has none. */
const orNone = (access: HeldAccess | undefined): HeldAccess => (access === undefined ? { grants: [] } : access);

const isSame = (one: Pick<GrantedSecrets, 'principalId' | 'vault'>, other: typeof one): boolean =>
  one.principalId === other.principalId && sameName(one.vault, other.vault);

function withGrant(access: HeldAccess, grant: HeldGrant): HeldAccess {
  const others = access.grants.filter((one) => !isSame(one, grant));
  return { ...access, grants: [...others, grant].slice(-MAX_GRANTS) };
}

const together = (left: readonly string[], right: readonly string[]): string[] => [...new Set([...left, ...right])];

/** Records assignments that a run is about to make. */
export function noteGrant(
  access: HeldAccess | undefined,
  { principalId, vault, made, run }: GrantedSecrets & { readonly run: string },
): HeldAccess {
  const known = orNone(access);
  const before = known.grants.find((one) => isSame(one, { principalId, vault }));
  const wasHeld = before !== undefined && (before.state === 'held' || before.wasHeld === true);
  const grant: HeldGrant = {
    principalId,
    vault,
    made: before === undefined ? made : together(before.made, made),
    run,
    state: 'granting',
    ...(wasHeld ? { wasHeld: true } : {}),
  };
  return withGrant(known, grant);
}

/** Marks what an undone run made for removal, unless a later run holds it or the client had it before. */
export function undoGrant(
  access: HeldAccess | undefined,
  { principalId, vault, made, run }: GrantedSecrets & { readonly run: string },
): HeldAccess {
  const known = orNone(access);
  const before = known.grants.find((one) => isSame(one, { principalId, vault }));
  if (before === undefined) return withGrant(known, { principalId, vault, made, run, state: 'ending' });
  if (before.run !== run || before.state !== 'granting') return known;
  const { wasHeld, ...grant } = before;
  return withGrant(known, { ...grant, state: wasHeld === true ? 'held' : 'ending' });
}

/** Marks all assignments for removal. */
export function endGrants(access: HeldAccess | undefined): HeldAccess | undefined {
  if (access === undefined) return undefined;
  const ending = ({ wasHeld: _wasHeld, ...grant }: HeldGrant): HeldGrant => ({ ...grant, state: 'ending' });
  return { ...access, grants: access.grants.map(ending) };
}

/** Removes assignments that others made, so that this app leaves them alone. */
export function disownGrant(
  access: HeldAccess | undefined,
  { principalId, vault, made }: GrantedSecrets,
): HeldAccess | undefined {
  if (access === undefined) return undefined;
  const grants = access.grants.map((one) =>
    isSame(one, { principalId, vault }) ? { ...one, made: one.made.filter((secret) => !made.includes(secret)) } : one,
  );
  return { ...access, grants };
}

/** Records that a run has succeeded. */
export function completeGrant(access: HeldAccess | undefined, { run, identity, vault }: CompletedGrant): HeldAccess {
  const current = { principalId: identity.principalId, vault };
  const completed = ({ wasHeld: _wasHeld, ...grant }: HeldGrant): HeldGrant => {
    if (!isSame(grant, current)) return grant.state === 'unreached' ? grant : { ...grant, state: 'ending' };
    return grant.run === run && grant.state === 'granting' ? { ...grant, state: 'held' } : grant;
  };
  return { identity, grants: orNone(access).grants.map(completed) };
}

/**
 * Removes entries whose assignments were removed, unless a run has started to make them again. The note of a removal
 * may come late: then a later run may have written the entry, and what that run made is not what was removed, even if
 * it is to end by now, too. An entry of which something cannot be removed stays.
 */
export function dropGrants(
  access: HeldAccess | undefined,
  { removed, unreached }: WithdrawnGrants,
): HeldAccess | undefined {
  if (access === undefined) return undefined;
  const grants = access.grants.flatMap((grant): HeldGrant[] => {
    if (!isToEnd(grant)) return [grant];
    const isIn = (entries: WithdrawnGrants['removed']) =>
      entries.some((one) => isSame(one, grant) && one.run === grant.run);
    if (isIn(unreached)) return [{ ...grant, state: 'unreached' }];
    return isIn(removed) ? [] : [grant];
  });
  return { ...access, grants };
}

const isToEnd = ({ state }: HeldGrant): boolean => state === 'ending' || state === 'unreached';

/** The entries whose assignments are to be removed. */
export function endingGrants(access: HeldAccess | undefined): HeldGrant[] {
  return access === undefined ? [] : access.grants.filter(isToEnd);
}

/** Whether this assignment is still to be removed. */
export function isEnding(
  access: HeldAccess | undefined,
  { principalId, vault, secret }: Pick<GrantedSecrets, 'principalId' | 'vault'> & { readonly secret: string },
): boolean {
  return endingGrants(access).some((one) => isSame(one, { principalId, vault }) && one.made.includes(secret));
}

/**
 * Whether a run may make these assignments now: it has noted them, and neither a revocation nor its own undo has ended
 * them.
 */
export function isGranting(
  access: HeldAccess | undefined,
  { principalId, vault, run }: Pick<HeldGrant, 'principalId' | 'vault' | 'run'>,
): boolean {
  const grant = access?.grants.find((one) => isSame(one, { principalId, vault }));
  return grant !== undefined && grant.run === run && grant.state === 'granting';
}
