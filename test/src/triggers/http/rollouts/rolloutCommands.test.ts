import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inAuditScope } from '../../../../../src/audit/audit.js';
import type { ControlState, RolloutCommand } from '../../../../../src/domain/rollouts/controlState.js';
import type { RowCounts } from '../../../../../src/domain/rollouts/row.js';
import { ROLLOUT, rolloutInstance, type RolloutPlan } from '../../../../../src/domain/rollouts/rollout.js';
import { postRolloutCommand } from '../../../../../src/triggers/http/routes/rolloutCommands.js';
import { whileTimePasses } from '../../../fakes/advance.js';
import { RolloutEngine } from '../../../fakes/durable/rolloutEngine.js';
import { httpRequest, seen } from '../../../fakes/durable/durableClient.js';
import { config } from '../../../fakes/answers/requests.js';
import { openRollout, PLAN } from './openRollout.js';

let engine: RolloutEngine;
let lines: Record<string, unknown>[];
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z'), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  engine = new RolloutEngine();
  lines = [];
  await openRollout(engine);
});
afterEach(() => vi.useRealTimers());

const { id } = PLAN;
async function send(command: RolloutCommand, rollout: string = id) {
  const scope = { log: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>), actor: 'bob' };
  const answered = inAuditScope(scope, () =>
    postRolloutCommand(config(), command)(httpRequest({ params: { id: rollout } }), engine.client, 'bob'),
  );
  return seen(await whileTimePasses(answered));
}
const commands = () => engine.signals.filter(({ operation }) => operation === 'command');
const counts = (more: Partial<RowCounts>): RowCounts => ({
  waiting: 0,
  running: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  planned: 0,
  ...more,
});

/** The rollout ends: all its clients have, and its orchestration. */
async function end(more: Partial<RowCounts>): Promise<void> {
  await engine.tell(id, 'end', { counts: counts(more), failures: {} });
  engine.finish(id);
}

describe('a command to a rollout', () => {
  test('pauses and resumes at once, with one audit line each', async () => {
    expect(await send('pause')).toMatchObject({ status: 200, body: { id, status: 'paused', reason: 'operator' } });
    expect(await send('resume')).toMatchObject({ status: 200, body: { status: 'running' } });
    expect(lines).toEqual(
      ['pause', 'resume'].map((command) => ({
        audit: `rollout.${command}.succeeded`,
        actor: 'bob',
        resource: rolloutInstance(id),
        operation: `${rolloutInstance(id)}.${id}`,
      })),
    );
    expect(commands()[0]?.input).toMatchObject({ command: 'pause', actor: 'bob', by: { actor: 'bob' } });
  });

  test.each<RolloutCommand>(['pause', 'resume'])('changes nothing when it is repeated: %s', async (command) => {
    await send('pause');
    await send(command);
    const before = commands().length;
    expect((await send(command)).status).toBe(200);
    expect(commands()).toHaveLength(before);
  });

  test('is accepted when the orchestration has yet to carry it out', async () => {
    const { status, headers, body } = await send('cancel');
    expect([status, headers?.['location'], headers?.['retry-after']]).toEqual([202, `/api/rollouts/${id}`, '2']);
    expect(body['status']).toBe('running');
    expect((await send('cancel')).status).toBe(200);
    expect(commands()).toHaveLength(1);
  });

  test('is in effect once the orchestration has carried it out', async () => {
    const carryOut = async () => {
      const carriedOut = engine.control(id)?.commands.map((one) => one.id) ?? [];
      await engine.tell(id, 'report', { counts: counts({ cancelled: 2 }), failures: {}, wave: 0, carriedOut });
    };
    setTimeout(() => void carryOut(), 2_000);
    expect(await send('cancel')).toMatchObject({ status: 200, body: { counts: { cancelled: 2 } } });
  });

  test('is accepted when the entity is slow', async () => {
    engine.handlesSignals = false;
    expect((await send('pause')).status).toBe(202);
  });

  test.each<[RolloutCommand, string]>([
    ['pause', 'completed'],
    ['resume', 'completed'],
    ['cancel', 'completed'],
  ])('is refused if it does not fit: %s when %s', async (command, status) => {
    await end({ completed: 2 });
    expect(await send(command)).toMatchObject({ status: 409, body: { code: 'rollout-status', rolloutStatus: status } });
    expect([commands(), lines]).toEqual([[], []]);
  });

  test('is refused for a rollout that was refused or has not opened', async () => {
    engine.entities.clear();
    expect(await send('pause')).toMatchObject({ status: 409, body: { rolloutStatus: 'opening' } });
    await engine.tell(id, 'refuse', { plan: PLAN, conflicts: [] });
    expect(await send('retry-failed')).toMatchObject({ status: 409, body: { rolloutStatus: 'refused' } });
  });

  test('does not retry a dry run', async () => {
    const plan: RolloutPlan = { ...PLAN, dryRun: true };
    await engine.tell(id, 'drop', {});
    engine.instances.clear();
    await engine.client.startNew(ROLLOUT, { instanceId: rolloutInstance(id), input: { plan } });
    await end({ planned: 2 });
    expect((await send('retry-failed')).body['code']).toBe('rollout-status');
  });

  test.each(['none', 'NONE', '../x', ''])('answers 404 for %j', async (unknown) => {
    expect(await send('pause', unknown)).toMatchObject({ status: 404, body: { code: 'rollout-not-found' } });
  });
});

describe('a rollout that has ended', () => {
  test('is started again to retry, with the same plan and another run', async () => {
    await end({ completed: 1, failed: 1 });
    expect((await send('retry-failed')).status).toBe(202);
    expect(engine.inputs).toHaveLength(2);
    const [first, second] = engine.inputs;
    expect(second?.plan).toEqual(first?.plan);
    expect(second?.run).not.toBe(first?.run);
    expect(second).not.toHaveProperty('round');
    expect(engine.control(id)?.commands).toMatchObject([{ command: 'retry-failed' }]);
  });

  test('is not started before its entity knows the command', async () => {
    await end({ failed: 2 });
    engine.handlesSignals = false;
    expect((await send('retry-failed')).status).toBe(202);
    expect(engine.inputs).toHaveLength(1);
  });

  test('stays as it is if another rollout has its clients by now, which the answer names', async () => {
    await end({ failed: 2 });
    engine.conflicts = [{ row: 1, rollout: 'other' }];
    expect(await send('retry-failed')).toMatchObject({
      status: 409,
      body: { code: 'client-in-rollout', conflicts: [{ row: 2, client: 'b', rollout: 'other' }] },
    });
    expect(engine.control(id)).toMatchObject({ status: 'completed', commands: [] } satisfies Partial<ControlState>);
    engine.conflicts = [];
    expect((await send('retry-failed')).status).toBe(202);
  });

  test('is resumed if it was stopped by a fault', async () => {
    await engine.tell(id, 'stop', { plan: PLAN });
    engine.finish(id);
    expect(await send('resume')).toMatchObject({ status: 200, body: { status: 'running' } });
    expect(engine.inputs).toHaveLength(2);
  });

  test('is resumed if the engine has ended its orchestration', async () => {
    engine.finish(id, 'Terminated');
    expect(await send('pause')).toMatchObject({ status: 409, body: { rolloutStatus: 'stopped' } });
    expect(await send('resume')).toMatchObject({ status: 200, body: { status: 'running' } });
    expect(engine.inputs).toHaveLength(2);
  });

  test.each<[RolloutCommand, 'end' | 'stop']>([
    ['retry-failed', 'end'],
    ['resume', 'stop'],
  ])(
    'is started again by %s as soon as its orchestration has ended, which its entity noted before',
    async (command, how) => {
      await engine.tell(id, how, { counts: counts({ failed: 2 }), failures: {}, plan: PLAN });
      setTimeout(() => engine.finish(id), 5_000);
      await send(command);
      expect(engine.inputs).toHaveLength(2);
      expect(engine.control(id)).toMatchObject({ status: 'running' });
    },
  );

  test('is not started again if its orchestration has found the command itself', async () => {
    await engine.tell(id, 'end', { counts: counts({ failed: 2 }), failures: {} });
    setTimeout(() => void engine.tell(id, 'open', { plan: PLAN }), 5_000);
    setTimeout(() => engine.finish(id), 8_000);
    expect((await send('retry-failed')).body['status']).toBe('running');
    expect(engine.inputs).toHaveLength(1);
  });

  test.each<RolloutCommand>(['resume', 'cancel'])(
    'is found by %s if it ended before it was opened',
    async (command) => {
      engine.entities.clear();
      engine.finish(id, 'Failed');
      expect([200, 202]).toContain((await send(command)).status);
      expect(engine.inputs).toHaveLength(2);
      expect(engine.control(id)).toMatchObject({ status: 'running', counts: { waiting: 2 } });
    },
  );

  test('is not taken for stopped if another command has started it between the reads', async () => {
    engine.finish(id, 'Terminated');
    const read = engine.client.readEntityState.bind(engine.client);
    let isFirst = true;
    engine.client.readEntityState = async (...given) => {
      if (isFirst) engine.finish(id, 'Running');
      isFirst = false;
      return read(...given) as never;
    };
    expect(await send('resume')).toMatchObject({ status: 200, body: { status: 'running' } });
    expect(engine.signals.filter(({ operation }) => operation === 'stop')).toEqual([]);
    expect(engine.inputs).toHaveLength(1);
  });
});
