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

interface RetireCandidateInput {
  readonly reference: ClientReference;
  readonly run: string;
  /** Whether to keep the disabled secret and its tags for inspection, because the client was revoked. */
  readonly keeps?: boolean;
}

/**
 * Disables and soft-deletes the candidate secret, if this run saved one. It reads all versions, since a repetition finds
 * its version disabled.
 */
export function retireCandidate({ vault }: Ports) {
  return (input: RetireCandidateInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const name = candidateSecretName(input.reference);
      const versions = await vault.versions(name);
      const own = versions.filter((version) => parseTags(version.tags)?.issued.run === input.run);
      for (const version of own) if (version.isEnabled) await vault.disable(version);
      const foreign = versions.some((version) => version.isEnabled && !own.includes(version));
      if (foreign) return done({ kept: `secret ${name}: kept, because it has versions that are not this run's` });
      if (own.length === 0) return done({});
      if (input.keeps === true) return done({ kept: `secret ${name}: disabled and kept for inspection` });
      await vault.remove(name);
      return done({});
    });
}

interface RetirePromotedInput {
  readonly reference: ClientReference;
  readonly run: string;
  /** Version of the main secret before this run. */
  readonly earlier?: string;
}

/**
 * Rolls back a promotion whose result was lost: disables this run's versions of the main secret and copies the earlier
 * version to the top, so that consumers get the working credential. If a later run has promoted, its version stays newest.
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

interface ClearSlotInput {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  readonly slot: SlotName;
  /** Creation time (ISO 8601) of the password in the slot at preflight, which this run did not issue. */
  readonly earlier?: string;
  /** Whether that password still worked. Once overwritten, it cannot be restored. */
  readonly wasLive: boolean;
}

/** Clears the slot that this run filled on an existing token. A password that a later run saved is kept. */
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
        return done({ kept: `${slot} of token ${token}: kept, because a later run filled it` });
      if (present)
        await controlPlane.keepOnlySlots(
          registry,
          token,
          SLOT_NAMES.filter((name) => name !== slot && filled[name] !== undefined),
        );
      return done(wasLive ? { residue: `${slot} of token ${token}: its earlier password was overwritten` } : {});
    });
}

interface KeepCandidateInput {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  /** The slot whose password the rotation replaces. */
  readonly slot: SlotName;
  /** Creation time (ISO 8601) of the password in the slot at the time of the plan. */
  readonly earlier?: string;
}

/**
 * The undo of an urgent rotation. It keeps the secret that holds the slot's current password: the candidate or, after a
 * promotion, the main secret. If the slot was not filled, there is nothing to keep. If its new password was never saved,
 * nobody can use it, so the slot is cleared.
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
          kept: `secret ${holder.name}: kept, because only this secret has the new password of token ${token}`,
        });
      if (holder?.issued.run === run)
        return done({ kept: `secret ${holder.name}: kept, because it has the new password of token ${token}` });
      return clear({
        reference,
        run,
        token,
        slot,
        ...(earlier === undefined ? { wasLive: false } : { wasLive: true, earlier }),
      });
    });
}

interface RestoreTokenScopeMapInput {
  readonly reference: ClientReference;
  readonly run: string;
  readonly token: string;
  /** The scope map that this app gave the token. */
  readonly ours: string;
  /** The token's scope map before that. */
  readonly earlier: string;
  /**
   * Whether the client is being offboarded: then its secrets may still name this app's map. If not, a main secret that names
   * the map shows that a run succeeded.
   */
  readonly leaves?: boolean;
}

/**
 * Restores a token's earlier scope map, unless somebody else changed the map or a later run saved a credential with it. A
 * deleted map cannot be restored, since its rights are unknown.
 */
export function restoreTokenScopeMap({ controlPlane, vault }: Ports) {
  return ({ reference, run, token, ours, earlier, leaves }: RestoreTokenScopeMapInput): Promise<StepOutcome<Undone>> =>
    outcomeOf(async () => {
      const { registry } = reference;
      const found = await controlPlane.getToken(registry, token);
      if (!found || sameName(found.scopeMap, earlier)) return done({});
      if (!sameName(found.scopeMap, ours))
        return done({ kept: `token ${token}: kept, because somebody else gave it scope map ${found.scopeMap}` });
      const isGivenSince = (known: SavedCredential) =>
        sameName(known.token, token) &&
        sameName(known.scopeMap, ours) &&
        (known.issued.run > run || (leaves !== true && known.name === mainSecretName(reference)));
      if ((await savedCredentials(vault, reference)).some(isGivenSince))
        return done({ kept: `token ${token}: kept, because a later run gave it scope map ${found.scopeMap}` });
      if (!(await controlPlane.getScopeMap(registry, earlier)))
        return done({ residue: goneScopeMap(token, { scopeMap: earlier, ours: found.scopeMap }) });
      await controlPlane.setTokenScopeMap(registry, token, earlier);
      return done({});
    });
}

interface RemoveTokenInput {
  /** The client, whose connected registry may list the token. */
  readonly reference: ClientReference;
  readonly token: string;
  readonly run: string;
  readonly scopeMap: string;
  /** The run's preflight time (ISO 8601). An older token is not its own. */
  readonly since: string;
}

interface RemovedToken extends Undone {
  /** True if it was not deleted because a client list holds it: it must be unbound again. */
  readonly isBound?: boolean;
}

/**
 * Disables and deletes the token that this run created. It is disabled first, so that it is useless if the deletion fails. A
 * token for which a later run saved a password is kept.
 */
export function removeToken({ controlPlane, vault }: Ports) {
  return ({ reference, run, token, scopeMap, since }: RemoveTokenInput): Promise<StepOutcome<RemovedToken>> =>
    outcomeOf(async () => {
      const { registry, connectedRegistry } = reference;
      const found = await controlPlane.getToken(registry, token);
      if (!found) return done({});
      if (!madeSince(found.createdAt, since))
        return done({ kept: `token ${token}: kept, because it existed before this run` });
      if (!sameName(found.scopeMap, scopeMap))
        return done({ kept: `token ${token}: kept, because somebody else gave it scope map ${found.scopeMap}` });
      if ((await savedSince(vault, reference, run)).some((known) => sameName(known.token, token)))
        return done({ kept: `token ${token}: kept, because a later run issued a password for it` });
      if (found.isEnabled !== false) await controlPlane.disableToken(registry, token);
      return done(
        (await deleteUnlessBound({ controlPlane }, { registry, connectedRegistry, token })) ? {} : { isBound: true },
      );
    });
}
