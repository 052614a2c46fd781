import { expect, it } from 'vitest';
import { deterministicGuid } from '../../src/durable/guid.js';

it('the id of a call to an entity equals the one that the real host creates for the same turn', () => {
  // Recorded of the real Functions host, extension 3.15.0: EventRaised, after a turn that began at this time.
  expect(deterministicGuid('ck-all_2026-11-28T18:53:13.1262621Z_0')).toBe('8fe735b4-b2b6-5de1-bf25-fa7135676603');
});
