import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InvocationContext, Timer } from '@azure/functions';
import { NO_ROWS } from '../../../src/domain/rollouts/row.js';
import { startCommandedRollouts } from '../../../src/triggers/timer/commandedRollouts.js';
import { config } from '../fakes/answers/requests.js';
import { RolloutEngine } from '../fakes/durable/rolloutEngine.js';
import { openRollout, PLAN } from './http/rollouts/openRollout.js';

const { id } = PLAN;
let engine: RolloutEngine;
let lines: unknown[];

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  engine = new RolloutEngine();
  lines = [];
  await openRollout(engine);
  vi.stubGlobal('fetch', async () => {
    const listed = [...engine.instances].map(([instanceId, one]) => ({
      ...one,
      instanceId,
      lastUpdatedTime: '2026-03-01T12:00:00Z',
    }));
    return new Response(JSON.stringify(listed));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function tick(): Promise<void> {
  const binding = {
    rpcBaseUrl: 'http://127.0.0.1:17071/durabletask/',
    managementUrls: { id: 'INSTANCEID', statusQueryGetUri: 'http://localhost/instances/INSTANCEID' },
  };
  const context = {
    options: { extraInputs: [{ type: 'durableClient', name: 'client' }] },
    extraInputs: { get: () => binding },
    log: (line: string) => void lines.push(JSON.parse(line)),
  } as unknown as InvocationContext;
  await startCommandedRollouts(config())({} as Timer, engine.client, context);
}
const retry = () =>
  engine.tell(id, 'command', { id: 'r', command: 'retry-failed', actor: 'ann', at: '2026-03-01T12:00:00.000Z' });

test('starts an ended rollout again whose command nobody carries out, as who gave the command', async () => {
  await engine.tell(id, 'end', { counts: { ...NO_ROWS, failed: 2 }, failures: {} });
  engine.finish(id);
  await tick();
  expect(engine.inputs).toHaveLength(1);

  await retry();
  await tick();
  expect(engine.inputs).toHaveLength(2);
  expect(engine.inputs[1]).toMatchObject({ plan: PLAN, actor: 'ann' });
  expect(engine.inputs[1]?.run).not.toBe(id);
  expect(engine.inputs[1]).not.toHaveProperty('round');
  expect(lines).toEqual([{ event: 'rollout.startedAgain', rollout: id, command: 'retry-failed' }]);
});

test('carries out commands also if the claims cannot be read', async () => {
  await engine.tell(id, 'end', { counts: { ...NO_ROWS, failed: 2 }, failures: {} });
  engine.finish(id);
  await retry();
  // The first read is that of the claims.
  const first = engine.reads + 1;
  engine.onRead = (nth) => {
    if (nth === first) throw new Error('no answer');
  };
  await tick();
  expect(engine.inputs[1]).toMatchObject({ actor: 'ann' });
  expect(lines).toEqual([
    { event: 'rollout.claimsUnread' },
    { event: 'rollout.startedAgain', rollout: id, command: 'retry-failed' },
  ]);
});

test('leaves a rollout alone that runs', async () => {
  await retry();
  await tick();
  expect([engine.inputs.length, lines]).toEqual([1, []]);
});

describe('a rollout that has ended', () => {
  beforeEach(async () => {
    await engine.claim(id, ['a-client']);
    await engine.claim('other', ['another-client']);
  });

  test('is started once more to end the claims that it has left', async () => {
    await engine.tell(id, 'end', { counts: { ...NO_ROWS, completed: 2 }, failures: {} });
    await tick();
    expect(engine.inputs).toHaveLength(1);

    engine.finish(id);
    await tick();
    expect(engine.inputs).toHaveLength(2);
    expect(engine.inputs[1]).toMatchObject({ plan: PLAN, actor: 'timer', releases: true });
    expect(lines).toEqual([{ event: 'rollout.startedAgain', rollout: id, releases: true }]);
  });

  test('is started for its command, which ends nothing', async () => {
    await engine.tell(id, 'end', { counts: { ...NO_ROWS, failed: 2 }, failures: {} });
    engine.finish(id);
    await retry();
    await tick();
    expect(engine.inputs[1]).not.toHaveProperty('releases');
  });

  test('keeps its claims if it was stopped, so that it can be resumed', async () => {
    await engine.tell(id, 'stop', { plan: PLAN });
    engine.finish(id);
    await tick();
    expect(engine.inputs).toHaveLength(1);
  });
});
