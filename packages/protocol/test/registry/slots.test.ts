import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseSlot, isLive, isSamePassword, SLOT_NAMES, type SlotName, type Slots } from '../../src/registry/slots.js';

const now = new Date('2026-03-01T12:00:00Z');
const made = '2026-01-01T00:00:00.000Z';
const live = { createdAt: made };
const lasting = { createdAt: made, expiresAt: '2026-03-01T12:00:01Z' };
const expired = { createdAt: made, expiresAt: '2026-03-01T12:00:00Z' };
const use = (slot: SlotName, replaces = false) => ({ kind: 'use', slot, replaces });

describe('chooseSlot', () => {
  test.each<[string, Slots, readonly SlotName[], SlotName | undefined, object]>([
    ['the first of two empty slots', {}, [], undefined, use('password1')],
    ['the empty slot beside a live one', { password1: live }, [], undefined, use('password2')],
    ['the other empty slot', { password2: live }, [], undefined, use('password1')],
    ['an empty slot before an expired one', { password1: expired }, [], undefined, use('password2')],
    ['an expired slot beside a live one', { password1: live, password2: expired }, [], undefined, use('password2')],
    ['no slot when both are live', { password1: live, password2: lasting }, [], undefined, { kind: 'allLive' }],
    [
      'an unpromoted leftover of ours',
      { password1: live, password2: live },
      ['password2'],
      undefined,
      use('password2'),
    ],
    ['the slot that may be replaced', { password1: live, password2: live }, [], 'password1', use('password1', true)],
    ['a leftover before replacing', { password1: live, password2: live }, ['password2'], 'password1', use('password2')],
    ['an empty slot before replacing', { password1: live }, [], 'password1', use('password2')],
  ])('chooses %s', (_, slots, leftovers, replaceSlot, expected) => {
    const unpromoted = leftovers.map((slot) => ({ slot, createdAt: made }));
    expect(chooseSlot(slots, now, unpromoted, replaceSlot)).toEqual(expected);
  });

  test('does not choose a leftover slot that others have filled again', () => {
    const slots = { password1: live, password2: { createdAt: '2026-02-01T00:00:00.000Z' } };
    expect(chooseSlot(slots, now, [{ slot: 'password2', createdAt: made }], undefined)).toEqual({ kind: 'allLive' });
  });

  test('never chooses a live password without permission', () => {
    const instant = fc.constantFrom(made, '2026-02-01T00:00:00.000Z');
    const expiry = fc.constantFrom('2026-02-28T00:00:00Z', '2026-04-01T00:00:00Z');
    const filled = fc.oneof(
      fc.record({ createdAt: instant }),
      fc.record({ createdAt: instant, expiresAt: expiry }),
      fc.constant(undefined),
    );
    const slotName = fc.constantFrom(...SLOT_NAMES);
    const leftovers = fc.array(fc.record({ slot: slotName, createdAt: instant }), { maxLength: 2 });
    fc.assert(
      fc.property(filled, filled, leftovers, fc.option(slotName, { nil: undefined }), (one, two, ours, replace) => {
        const slots: Slots = { ...(one ? { password1: one } : {}), ...(two ? { password2: two } : {}) };
        const choice = chooseSlot(slots, now, ours, replace);
        const freeNames = SLOT_NAMES.filter((name) => !isLive(slots[name], now));
        const harmless = (slot: SlotName) =>
          freeNames.includes(slot) || ours.some((known) => known.slot === slot && isSamePassword(slots, known));
        const isRight =
          choice.kind === 'allLive'
            ? replace === undefined && !SLOT_NAMES.some(harmless)
            : choice.replaces
              ? choice.slot === replace && !SLOT_NAMES.some(harmless)
              : harmless(choice.slot);
        expect(isRight).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a slot', () => {
  test('is live without an expiry, and otherwise until that instant', () => {
    expect(isLive(undefined, now)).toBe(false);
    expect(isLive(live, now)).toBe(true);
    expect(isLive(lasting, now)).toBe(true);
    expect(isLive(expired, now)).toBe(false);
  });

  test('holds our password if the creation time matches, in any notation of the time', () => {
    const slots = { password1: { createdAt: '2026-01-01T01:00:00.000+01:00' } };
    expect(isSamePassword(slots, { slot: 'password1', createdAt: made })).toBe(true);
    expect(isSamePassword(slots, { slot: 'password2', createdAt: made })).toBe(false);
    expect(isSamePassword(slots, { slot: 'password1', createdAt: '2026-01-01T00:00:00.001Z' })).toBe(false);
  });
});
