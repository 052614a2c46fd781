import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { madeSince } from '../../domain/tokens/madeSince.js';
import { goneScopeMap } from '../../domain/offboarding/offboardingPlan.js';
import { parseTags, type CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { isSamePassword, SLOT_NAMES, type SlotName } from '@connected-registry/protocol/registry/slots';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Undone } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { deleteUnlessBound } from './deleteUnlessBound.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { savedCredentials, savedSince, type SavedCredential } from '../credentials/laterRun.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

export interface RetireCandidateInput {
  readonly reference: ClientReference;
  readonly run: string;
  /** The client was revoked: its secrets are hidden, and their tags stay to be looked at. */
  readonly keeps?: boolean;
}

/**
 * Hides and soft-deletes the candidate secret, if this run saved one. Looks at all versions, since a repetition finds the
 * one that it has hidden before.
 */
export function retireCandidate({ vault }: Ports) {
  return (input: RetireCandidateInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const name = candidateSecretName(input.reference);
      const versions = await vault.versions(name);
      const own = versions.filter((version) => parseTags(version.tags)?.issued.run === input.run);
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      const foreign = versions.some((version) => version.isEnabled && !own.includes(version));
      if (foreign) return done({ kept: `secret ${name}: it has versions that are not this run's` });
      if (own.length === 0) return done({});
      if (input.keeps === true) return done({ kept: `secret ${name}: disabled, and kept for inspection` });
      await vault.remove(name);
      return done({});
    });
}

export interface RetirePromotedInput {
  readonly reference: ClientReference;
  readonly run: string;
  /** The main secret's version before this run. */
  readonly earlier?: string;
}

/**
 * Takes a promotion back whose answer was lost: hides this run's versions of the main secret, and makes the earlier one
 * the newest again, so that whoever reads the secret gets what worked before. Where a later run has promoted since, that stays.
 */
export function retirePromoted({ vault }: Ports) {
  return ({ reference, run, earlier }: RetirePromotedInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const name = mainSecretName(reference);
      const versions = await vault.versions(name);
      const own = versions.filter((version) => parseTags(version.tags)?.issued.run === run);
      if (own.length === 0) return done({});
      const isReplaced = versions.some(({ tags, isEnabled }) => isEnabled && (parseTags(tags)?.issued.run ?? '') > run);
      const before = versions.find((version) => version.version === earlier && version.isEnabled);
      const expiresOn = before && parseTags(before.tags)?.expiresOn;
      if (before && expiresOn && !isReplaced) await vault.copy(before, name, { expiresOn, tags: before.tags });
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      if (!before && !isReplaced) await vault.remove(name);
      return done({});
    });
}

export interface ClearSlotInput {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  readonly slot: SlotName;
  /** When the password that preflight saw in the slot was made; the very same is not ours. */
  readonly earlier?: string;
  /** That password still worked: once it is overwritten, nothing brings it back. */
  readonly wasLive: boolean;
}

/** Empties the slot that this run filled on a token that existed before. A password that a later run has saved stays. */
export function clearSlot({ controlPlane, vault }: Ports) {
  return ({ reference, run, token, slot, earlier, wasLive }: ClearSlotInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const { registry } = reference;
      const filled = (await controlPlane.getToken(registry, token))?.slots;
      const present = filled?.[slot];
      if (!filled || present?.createdAt === earlier) return done({});
      const isLater = (known: CredentialTags) =>
        known.slot === slot && isSamePassword(filled, { slot, createdAt: known.issued.slotCreatedAt });
      if (present && (await savedSince(vault, reference, run)).some(isLater))
        return done({ kept: `${slot} of token ${token}: a later run has filled it` });
      if (present)
        await controlPlane.keepOnlySlots(
          registry,
          token,
          SLOT_NAMES.filter((name) => name !== slot && filled[name] !== undefined),
        );
      return done(wasLive ? { residue: `${slot} of token ${token}: its earlier password was overwritten` } : {});
    });
}

export interface KeepCandidateInput {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  /** The slot whose password was to be replaced at once. */
  readonly slot: SlotName;
  /** When the password that the plan saw in the slot was made. */
  readonly earlier?: string;
}

/**
 * What an urgent rotation leaves when it fails: the secret that holds the password which the slot has now, the candidate or,
 * promoted already, the main secret. Nothing is kept when the slot was not filled anew; and a new password that was never
 * saved is nobody's, so its slot is emptied.
 */
export function keepCandidate(ports: Ports) {
  const clear = clearSlot(ports);
  return ({ reference, run, token, slot, earlier }: KeepCandidateInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const [saved, found] = await Promise.all([
        savedCredentials(ports.vault, reference),
        ports.controlPlane.getToken(reference.registry, token),
      ]);
      const holder = saved.find(
        (known) =>
          known.isEnabled &&
          found &&
          isSamePassword(found.slots, { slot: known.slot, createdAt: known.issued.slotCreatedAt }),
      );
      if (holder?.name === candidateSecretName(reference))
        return done({
          kept: `secret ${holder.name}: it has the new password of token ${token}, the main secret has not`,
        });
      if (holder?.issued.run === run)
        return done({ kept: `secret ${holder.name}: it has the new password of token ${token}` });
      return clear({
        reference,
        run,
        token,
        slot,
        ...(earlier === undefined ? { wasLive: false } : { wasLive: true, earlier }),
      });
    });
}

export interface RestoreTokenScopeMapInput {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  readonly ours: string;
  readonly earlier: string;
  /** The client leaves, and its secrets still name our map; else it stays, and a secret that names it tells of a run that ended well. */
  readonly leaves?: boolean;
}

/**
 * Gives a token its earlier scope map back, unless somebody has changed it since, or a later run has saved a credential with
 * it. One that is gone by now cannot be given back, and is not made anew: nobody would know with what rights.
 */
export function restoreTokenScopeMap({ controlPlane, vault }: Ports) {
  return ({ reference, run, token, ours, earlier, leaves }: RestoreTokenScopeMapInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const { registry } = reference;
      const found = await controlPlane.getToken(registry, token);
      if (!found || found.scopeMap.toLowerCase() === earlier.toLowerCase()) return done({});
      if (found.scopeMap.toLowerCase() !== ours.toLowerCase())
        return done({ kept: `token ${token}: somebody gave it scope map ${found.scopeMap}` });
      const isGivenSince = (known: SavedCredential) =>
        sameName(known.token, token) &&
        known.scopeMap.toLowerCase() === ours.toLowerCase() &&
        (known.issued.run > run || (leaves !== true && known.name === mainSecretName(reference)));
      if ((await savedCredentials(vault, reference)).some(isGivenSince))
        return done({ kept: `token ${token}: a later run has given it scope map ${found.scopeMap}` });
      if (!(await controlPlane.getScopeMap(registry, earlier)))
        return done({ residue: goneScopeMap(token, { scopeMap: earlier, ours: found.scopeMap }) });
      await controlPlane.setTokenScopeMap(registry, token, earlier);
      return done({});
    });
}

export interface RemoveTokenInput {
  /** The client, whose connected registry may list the token. */
  readonly reference: ClientReference;
  readonly token: string;
  readonly run: string;
  readonly scopeMap: string;
  readonly since: string;
}

export interface RemovedToken extends Undone {
  /** Not removed, since the client list holds it: to be unbound once more. */
  readonly isBound?: boolean;
}

/**
 * Disables and deletes the token that this run made. Disabled first: should the deletion fail, it is of no use. One for which a
 * later run has saved a password stays.
 */
export function removeToken({ controlPlane, vault }: Ports) {
  return ({ reference, run, token, scopeMap, since }: RemoveTokenInput): Promise<StepOutcome<RemovedToken>> =>
    outcomeOf(async () => {
      const { registry, connectedRegistry } = reference;
      const found = await controlPlane.getToken(registry, token);
      if (!found) return done({});
      if (!madeSince(found.createdAt, since))
        return done({ kept: `token ${token}: it was made before this run began` });
      if (found.scopeMap.toLowerCase() !== scopeMap.toLowerCase())
        return done({ kept: `token ${token}: somebody gave it scope map ${found.scopeMap}` });
      if ((await savedSince(vault, reference, run)).some((known) => sameName(known.token, token)))
        return done({ kept: `token ${token}: a later run has made a password for it` });
      if (found.isEnabled !== false) await controlPlane.disableToken(registry, token);
      return done(
        (await deleteUnlessBound({ controlPlane }, { registry, connectedRegistry, token })) ? {} : { isBound: true },
      );
    });
}
