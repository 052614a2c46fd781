import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ONBOARD } from '../../../../src/domain/operations/run.js';
import type { StartResult } from '../../../../src/ports/runs.js';
import { startRun } from '../../../../src/triggers/durable/startRun.js';
import { readRun } from '../../../../src/triggers/durable/runStatus.js';
import { whileTimePasses } from '../../fakes/advance.js';
import { engineError, FakeDurableClient } from '../../fakes/durable/durableClient.js';
import { onboardingRun } from '../../fakes/answers/requests.js';

const INSTANCE = 'myregistry-edge-sensor-0123456789abcdef';
const ours = onboardingRun();
const theirs = { ...ours, run: 'theirs' };
const other = { ...onboardingRun({ image: 'hello-world:2' }), run: 'other' };
let engine: FakeDurableClient;
beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeDurableClient();
});
afterEach(() => vi.useRealTimers());

/** Starts, and lets the fake time pass that the start needs. */
const start = (run = ours): Promise<StartResult> => whileTimePasses(startRun(engine.client, ONBOARD, INSTANCE, run));
const hold = (input: unknown, runtimeStatus = 'Running', name = ONBOARD) =>
  engine.instances.set(INSTANCE, { name, input, runtimeStatus });

describe('a start', () => {
  test('is confirmed once the instance was read back', async () => {
    expect(await start()).toEqual({ kind: 'running', id: `${INSTANCE}.${ours.run}`, attached: false });
    expect([engine.starts, engine.reads]).toEqual([1, 1]);
  });

  test('is confirmed even if the run has ended by then', async () => {
    engine.onStart = (_, { input }) => hold(input, 'Completed');
    expect(await start()).toMatchObject({ kind: 'running', attached: false });
  });

  test('waits until the instance is visible, and starts once', async () => {
    engine.onStart = () => setTimeout(() => hold(ours, 'Pending'), 900);
    expect(await start()).toMatchObject({ kind: 'running', attached: false });
    expect(engine.starts).toBe(1);
  });

  test.each([409, 500])('attaches to the same request if the engine answers %i', async (status) => {
    hold(theirs);
    engine.onStart = () => {
      throw engineError(status);
    };
    expect(await start()).toEqual({ kind: 'running', id: `${INSTANCE}.theirs`, attached: true });
  });

  test('that the engine accepts but runs with the same request of another caller attaches to that', async () => {
    engine.onStart = () => hold(theirs);
    expect(await start()).toEqual({ kind: 'running', id: `${INSTANCE}.theirs`, attached: true });
  });

  test('that the engine accepts but runs with a different request is a conflict', async () => {
    engine.onStart = () => hold(other, 'Pending');
    expect(await start()).toEqual({ kind: 'conflict', id: `${INSTANCE}.other`, runningKind: ONBOARD });
  });

  test('is a conflict with a run of another kind, although its request looks the same', async () => {
    hold(theirs, 'Running', 'offboard');
    expect(await start()).toEqual({ kind: 'conflict', id: `${INSTANCE}.theirs`, runningKind: 'offboard' });
  });

  test('is a conflict with a suspended run', async () => {
    hold(other, 'Suspended');
    expect(await start()).toMatchObject({ kind: 'conflict' });
  });

  test.each(['Completed', 'Failed', 'Terminated'])('begins after a run that is %s', async (status) => {
    hold(other, status);
    expect(await start()).toEqual({ kind: 'running', id: `${INSTANCE}.${ours.run}`, attached: false });
  });

  test('is retried if a run ends between the refusal and the read', async () => {
    hold(other);
    engine.onRead = (nth) => {
      if (nth === 1) hold(other, 'Completed');
    };
    expect(await start()).toMatchObject({ kind: 'running', attached: false });
    expect(engine.starts).toBe(2);
  });

  test('never returns an ended run of another request', async () => {
    hold(theirs, 'Completed');
    engine.onStart = () => undefined;
    expect(await start()).toEqual({ kind: 'unknown' });
  });

  test('is unknown if the engine does not confirm it in time', async () => {
    engine.onStart = () => undefined;
    expect(await start()).toEqual({ kind: 'unknown' });
  });

  test.each([
    ['shows no run', () => undefined],
    ['shows one that has ended', () => hold(theirs, 'Completed')],
  ])('is soon unknown if the engine refuses and %s, as an engine that cannot store anything', async (_, before) => {
    before();
    engine.onStart = () => {
      throw engineError(500);
    };
    const began = Date.now();
    let after = Infinity;
    const result = startRun(engine.client, ONBOARD, INSTANCE, ours).finally(() => (after = Date.now() - began));
    expect(await whileTimePasses(result)).toEqual({ kind: 'unknown' });
    expect(after).toBeLessThan(3_000);
    expect(engine.starts).toBeGreaterThan(5);
  });

  test('succeeds if the engine refuses only for a moment', async () => {
    engine.onStart = (nth) => {
      if (nth < 5) throw engineError(500);
      hold(ours, 'Pending');
    };
    expect(await start()).toMatchObject({ kind: 'running', attached: false });
  });

  test.each(['startNew', 'getStatus'] as const)('is unknown when %s never answers', async (asked) => {
    vi.spyOn(engine, asked).mockReturnValue(new Promise<never>(() => undefined));
    expect(await start()).toEqual({ kind: 'unknown' });
  });

  test('fails when the engine cannot be reached', async () => {
    engine.onStart = () => {
      throw new Error('connect ECONNREFUSED 127.0.0.1:4001');
    };
    await expect(start()).rejects.toThrow('ECONNREFUSED');
  });

  test('recognises a refusal by the status, not by a number in the engine’s text', async () => {
    engine.onStart = () => {
      throw engineError(503, 'sensor-409 of building 500');
    };
    await expect(start()).rejects.toThrow('503');
  });
});

describe('reading a run', () => {
  const read = () => readRun(engine.client, INSTANCE);

  test('finds none if there is no instance, or it holds no run of this app', async () => {
    expect(await read()).toBeUndefined();
    hold({ some: 'input' });
    expect(await read()).toBeUndefined();
    hold('text');
    expect(await read()).toBeUndefined();
  });

  test('does not mistake a failing engine for an unknown run', async () => {
    engine.onRead = () => {
      throw engineError(500);
    };
    await expect(read()).rejects.toThrow('500');
  });

  test('does not mistake a device called 404 for an unknown instance', async () => {
    engine.onRead = () => {
      throw engineError(500, { instanceId: 'myregistry-edge-sensor-404-0123456789abcdef' });
    };
    await expect(read()).rejects.toThrow('500');
  });

  test('reads inputs, status and output whether they come as values or as JSON text', async () => {
    const customStatus = { phase: 'bind', steps: [] };
    const output = { status: 'completed', steps: [], endedAt: 'x' };
    engine.instances.set(INSTANCE, { name: ONBOARD, input: ours, runtimeStatus: 'Completed', customStatus, output });
    const asValues = await read();
    expect(asValues).toMatchObject({ input: { run: ours.run }, progress: { phase: 'bind' }, outcome: output });
    engine.instances.set(INSTANCE, {
      name: ONBOARD,
      runtimeStatus: 'Completed',
      input: JSON.stringify(ours),
      customStatus: JSON.stringify(customStatus),
      output: JSON.stringify(output),
    });
    expect(await read()).toEqual(asValues);
  });

  test('does not mistake an engine text for an outcome', async () => {
    engine.instances.set(INSTANCE, {
      name: ONBOARD,
      input: ours,
      runtimeStatus: 'Failed',
      output: 'Orchestrator failed',
    });
    expect(await read()).not.toHaveProperty('outcome');
  });
});
