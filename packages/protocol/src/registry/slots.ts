/**
 * A token has exactly two password slots. Source: Azure docs, container-registry-token-based-repository-permissions.
 */
export const SLOT_NAMES = ['password1', 'password2'] as const;
export type SlotName = (typeof SLOT_NAMES)[number];

/** What ARM reports about a filled slot; an empty one is not listed. Times are ISO 8601. */
export interface FilledSlot {
  readonly createdAt: string;
  readonly expiresAt?: string;
}
export type Slots = Readonly<Partial<Record<SlotName, FilledSlot>>>;

/** A password in the vault, identified by its slot and the time when the service created it. */
export interface KnownSlot {
  readonly slot: SlotName;
  readonly createdAt: string;
}

export type SlotChoice =
  { readonly kind: 'use'; readonly slot: SlotName; readonly replaces: boolean } | { readonly kind: 'allLive' };

/** Whether a slot holds a password that works at `now`. */
export function isLive(slot: FilledSlot | undefined, now: Date): boolean {
  if (!slot) return false;
  return slot.expiresAt === undefined || new Date(slot.expiresAt) > now;
}

/** Whether the vault holds this very password, and not an earlier one of the same slot. */
export function isSamePassword(slots: Slots, known: KnownSlot): boolean {
  const filled = slots[known.slot];
  return filled !== undefined && new Date(filled.createdAt).getTime() === new Date(known.createdAt).getTime();
}

/**
 * Chooses the slot for a new password without breaking users of the other one: an empty slot, an expired one, or one
 * with a password of the app that was never promoted. If there is none, the slot that the operator allows to overwrite
 * (`replaceSlot`) is used.
 */
export function chooseSlot(
  slots: Slots,
  now: Date,
  unpromoted: readonly KnownSlot[],
  replaceSlot: SlotName | undefined,
): SlotChoice {
  const empty = SLOT_NAMES.find((name) => !slots[name]);
  const usable = empty ?? SLOT_NAMES.find((name) => !isLive(slots[name], now));
  if (usable) return { kind: 'use', slot: usable, replaces: false };
  const leftover = unpromoted.find((known) => isSamePassword(slots, known));
  if (leftover) return { kind: 'use', slot: leftover.slot, replaces: false };
  return replaceSlot ? { kind: 'use', slot: replaceSlot, replaces: true } : { kind: 'allLive' };
}

/** The slot that is not `slot`. */
export function otherSlot(slot: SlotName): SlotName {
  return slot === 'password1' ? 'password2' : 'password1';
}
