import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Timer } from '@azure/functions';
import { NOTHING_SWEPT, SWEEP, SWEEP_INSTANCE, type SweepInput } from '../../../src/domain/rotation/sweep.js';
import { onRotationTimer } from '../../../src/triggers/timer/rotationTimer.js';
import { config } from '../fakes/answers/requests.js';
import { FakeDurableClient, invocation } from '../fakes/durable/durableClient.js';

const NOW = new Date('2026-03-01T12:00:00Z');
let engine: FakeDurableClient;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  engine = new FakeDurableClient();
});
afterEach(() => vi.useRealTimers());

async function tick(): Promise<string[]> {
  const { context, lines } = invocation();
  await onRotationTimer(config())({} as Timer, engine.client, context);
  return lines.map(({ text }) => (JSON.parse(text) as { sweep: string }).sweep);
}

describe('the timer of sweeps', () => {
  test('starts one sweep, with an empty queue', async () => {
    expect(await tick()).toEqual(['started']);
    const { name, input } = engine.instances.get(SWEEP_INSTANCE) ?? {};
    expect([name, (input as SweepInput).queue]).toEqual([SWEEP, undefined]);
  });

  test('starts no second one beside it, also if both look at the same time', async () => {
    const both = await Promise.all([tick(), tick()]);
    expect(both.flat().toSorted()).toEqual(['started', 'still under way']);
    expect(await tick()).toEqual(['still under way']);
  });

  test('starts the next one after a sweep that failures have stopped, when its pause is over', async () => {
    const restsUntil = new Date(NOW.getTime() + 60_000).toISOString();
    const output = { ...NOTHING_SWEPT, endedAt: NOW.toISOString(), left: 5, stopped: { reason: 'r', restsUntil } };
    engine.instances.set(SWEEP_INSTANCE, { name: SWEEP, input: {}, runtimeStatus: 'Completed', output });

    expect(await tick()).toEqual(['rests after failures']);
    vi.setSystemTime(new Date(restsUntil));
    expect(await tick()).toEqual(['started']);
  });
});
