import { expect } from 'vitest';
import type { World } from '../../fakes/worlds/world.js';

/** When the run that is undone began. */
export const SINCE = '2026-03-01T12:00:00.000Z';

/** The outcome of an undo that keeps something, and says why. */
export const kept = { kind: 'done', value: { kept: expect.stringMatching(/./) as string } };

/** The outcome of an undo after which nothing is left. */
export const gone = { kind: 'done', value: {} };

/** Runs an undo until it is done, with one failing call. */
export async function throughFault(
  world: World,
  undo: () => Promise<{ kind: string }>,
  method: string,
  when: 'before' | 'after',
): Promise<void> {
  world.wire.fail(method, { when });
  expect(await undo()).toMatchObject({ kind: 'retryLater' });
  expect(await undo()).toEqual(gone);
}
