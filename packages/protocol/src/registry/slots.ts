/** A token has exactly two password slots. Source: Azure docs, container-registry-token-based-repository-permissions. */
export const SLOT_NAMES = ['password1', 'password2'] as const;
export type SlotName = (typeof SLOT_NAMES)[number];

/** What ARM tells about a filled slot; an empty one is not listed. Times are ISO 8601. */
export interface FilledSlot {
  readonly createdAt: string;
  readonly expiresAt?: string;
}
export type Slots = Readonly<Partial<Record<SlotName, FilledSlot>>>;

/** A slot's password that is in our vault, by the time that the service made it. */
export interface KnownSlot {
  readonly slot: SlotName;
  readonly createdAt: string;
}

export type SlotChoice =
  { readonly kind: 'use'; readonly slot: SlotName; readonly replaces: boolean } | { readonly kind: 'allLive' };

/** Whether a slot holds a password that still works at `now`. */
export function isLive(slot: FilledSlot | undefined, now: Date): boolean {
  if (!slot) return false;
  return slot.expiresAt === undefined || new Date(slot.expiresAt) > now;
}

/** The vault's copy is of this very password, not of an earlier one in the same slot. */
export function isSamePassword(slots: Slots, known: KnownSlot): boolean {
  const filled = slots[known.slot];
  return filled !== undefined && new Date(filled.createdAt).getTime() === new Date(known.createdAt).getTime();
}

/**
 * Which slot a new password may go into without breaking whoever uses the other: an empty one, an expired one, or one
 * whose password is a leftover of ours that was never promoted. Only when there is none of these, the slot that the
 * operator allows to be overwritten (`replaceSlot`) is taken.
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

/** The one that is not `slot`. */
export function otherSlot(slot: SlotName): SlotName {
  return slot === 'password1' ? 'password2' : 'password1';
}
