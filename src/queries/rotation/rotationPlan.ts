import type { Config } from '../../settings/config.js';
import { formatImage } from '@connected-registry/protocol/names/image';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { pullableRepository } from '@connected-registry/protocol/names/permissions';
import type { RotationPlan } from '../../domain/rotation/rotationPlan.js';
import type { Rotation } from '@connected-registry/protocol/requests/rotationRequest';
import { parseTags, type CredentialTags, type OldPassword } from '@connected-registry/protocol/names/secretTags';
import { mayBeShared } from '../../domain/tokens/sharedToken.js';
import {
  isLive,
  isSamePassword,
  otherSlot,
  type KnownSlot,
  type SlotName,
} from '@connected-registry/protocol/registry/slots';
import { worstPathSeconds } from '@connected-registry/protocol/registry/syncSchedule';
import type { Ports } from '../../ports/ports.js';
import type { SecretVault } from '../../ports/secretVault.js';
import type { ScopeMapFacts } from '../../ports/registryControlPlane.js';
import { syncFacts, syncStop } from '../registry/connectedRegistry.js';
import type { Look } from '../registry/look.js';
import { ancestorsOf, unlessMended, type RegistryFactsQuery } from '../registry/registryFacts.js';
import type { SharedReads } from '../registry/sharedReads.js';
import type { RotationFindings } from './rotationFindings.js';
import { rotationProblems } from './rotationProblems.js';
import { outageOf, rotationWrites } from './rotationWrites.js';
import type { TokenUsers } from '../clients/tokenUsers.js';

/**
 * Reads all facts once and plans a rotation. Writes nothing.
 *
 * @param vaultHost see InVault.
 * @param acknowledged version of the main secret that the device has acknowledged.
 * @throws ServiceError
 */
export type PlanRotation = (
  rotation: Rotation,
  vaultHost: string | undefined,
  acknowledged?: string,
) => Promise<RotationPlan>;

/** Creates the planning of rotations. @param facts reads facts that change rarely, from a cache. */
export function createRotationPlan(
  ports: Ports,
  config: Config,
  facts: RegistryFactsQuery,
  reads: SharedReads,
  tokenUsers: TokenUsers,
): PlanRotation {
  return (rotation, vaultHost, acknowledged) =>
    unlessMended(facts, (look) => plan(look, ports.vaults.of(vaultHost), rotation, acknowledged));

  async function plan(
    look: Look,
    vault: SecretVault,
    rotation: Rotation,
    acknowledged?: string,
  ): Promise<RotationPlan> {
    const now = new Date();
    const findings = await explained(
      vault,
      rotation,
      await read(vault, reads, tokenUsers, rotation, acknowledged),
      now,
    );
    const { tags, main, token, scopeMap, connectedRegistry } = findings;
    const slow = await look.slowFacts(rotation.registry);
    const syncPath = [...ancestorsOf(slow, connectedRegistry)]
      .reverse()
      .concat(connectedRegistry ?? [])
      .map(syncStop);
    const worst = worstPathSeconds(syncPath, now);
    const slots = chooseSlots(findings, rotation, now);
    const image = tags?.pull?.image || imageFrom(scopeMap);
    const found = {
      checkedAt: now.toISOString(),
      token: tags?.token ?? '',
      scopeMap: tags?.scopeMap ?? '',
      // The tags name the endpoint when the value does not.
      endpoint: main?.endpoints[0] ?? tags?.issued.endpoint ?? '',
      image,
      credentialLifetimeDays: tags ? lifetimeDays(tags) : config.lifetimes.defaultDays,
      made: tags?.made ?? { scopeMap: false, token: false },
      ...(main ? { mainVersion: main.version } : {}),
      ...slots,
      sync: syncFacts(connectedRegistry),
      syncPath,
      ...(worst === undefined ? {} : { worstPathSeconds: worst }),
      ...(tags?.revokeOld ? { slotFreeAt: tags.revokeOld.from } : {}),
    };
    const earlier = token?.slots[found.slot]?.createdAt;
    const planned = { ...found, ...(earlier === undefined ? {} : { earlierPassword: earlier }) };
    return {
      ...planned,
      problems: rotationProblems(findings, rotation, planned, config, now),
      writes: rotationWrites(planned, rotation),
      ...(rotation.urgent ? { outage: outageOf(planned, now) } : {}),
    };
  }
}

async function read(
  vault: SecretVault,
  reads: SharedReads,
  tokenUsers: TokenUsers,
  rotation: Rotation,
  acknowledged: string | undefined,
): Promise<RotationFindings> {
  const { registry } = rotation;
  const [main, candidate, connectedRegistry] = await Promise.all([
    vault.current(mainSecretName(rotation)),
    vault.current(candidateSecretName(rotation)),
    reads.connectedRegistry(registry, rotation.connectedRegistry),
  ]);
  const tags = main && parseTags(main.tags);
  const [token, scopeMap] = tags
    ? await Promise.all([
        reads.token(registry, tags.token),
        // The image of the last pull check is nearly always known; then the scope map is not needed.
        tags.pull?.image ? undefined : reads.scopeMap(registry, tags.scopeMap),
      ])
    : [];
  const known = [main, candidate].flatMap((secret) => (secret && parseTags(secret.tags)) ?? []);
  const users = token && mayBeShared(token, rotation, known) ? await tokenUsers.others(token.name, rotation) : [];
  return {
    users,
    main,
    tags,
    candidate: candidate && parseTags(candidate.tags),
    token,
    scopeMap,
    connectedRegistry,
    acknowledged,
  };
}

/**
 * Adds a retired candidate to the findings when it explains the password in the other slot. A rotation that was undone
 * may have failed to empty its slot; without the candidate the password would be unknown, and no rotation could use the
 * slot again.
 */
async function explained(
  vault: SecretVault,
  rotation: Rotation,
  findings: RotationFindings,
  now: Date,
): Promise<RotationFindings> {
  const { tags, token, candidate } = findings;
  if (!tags || !token || candidate || rotation.urgent) return findings;
  const other = otherSlot(tags.slot);
  const { revokeOld } = tags;
  const isKnown = revokeOld?.slot === other && isSamePassword(token.slots, revokeOld);
  if (isKnown || !isLive(token.slots[other], now)) return findings;
  const name = candidateSecretName(rotation);
  const retired = (await vault.tagsOfDeleted(name)) ?? (await vault.newest(name))?.tags;
  return { ...findings, candidate: retired && parseTags(retired) };
}

/** The lifetime of the current credential, in days: the new one gets the same. */
function lifetimeDays({ issued, expiresOn }: CredentialTags): number {
  const milliseconds = new Date(expiresOn).getTime() - new Date(issued.slotCreatedAt).getTime();
  return Math.max(1, Math.round(milliseconds / 86_400_000));
}

function imageFrom(scopeMap: ScopeMapFacts | undefined): string {
  const repository = pullableRepository(scopeMap?.actions ?? []);
  return repository === undefined ? '' : formatImage({ repository });
}

interface SlotPlan {
  readonly slot: SlotName;
  readonly live?: KnownSlot;
  readonly clears?: SlotName;
  readonly olderPassword?: OldPassword;
}

/** Chooses the slot that is not in use; for an urgent rotation the one in use, since its password must end first. */
function chooseSlots({ tags, token, candidate }: RotationFindings, { urgent }: Rotation, now: Date): SlotPlan {
  if (!tags || !token) return { slot: 'password1' };
  const { slots } = token;
  const other = otherSlot(tags.slot);
  const used = { slot: tags.slot, createdAt: tags.issued.slotCreatedAt };
  if (urgent) return { slot: tags.slot, live: used, ...(slots[other] ? { clears: other } : {}) };
  if (isLive(slots[tags.slot], now) && isSamePassword(slots, used)) return { slot: other, live: used };
  // The consumers' password no longer works, as after a failed urgent rotation: its candidate may be replaced.
  const leftover = candidate && { slot: candidate.slot, createdAt: candidate.issued.slotCreatedAt };
  const replaced = leftover && isSamePassword(slots, leftover) ? leftover.slot : undefined;
  const slot = replaced ?? (isLive(slots[tags.slot], now) ? other : tags.slot);
  const { revokeOld } = tags;
  // The new secret's tag must name it, or nothing would ever revoke it and free its slot.
  const isOrphaned = revokeOld !== undefined && revokeOld.slot !== slot && isSamePassword(slots, revokeOld);
  return { slot, ...(isOrphaned ? { olderPassword: revokeOld } : {}) };
}
