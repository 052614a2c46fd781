import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { problem } from '../harness/appClient.js';
import { clientsOf, onboardingOf, startRolloutStack, type RolloutStack } from './rolloutStack.js';
import type { Rollout } from './rollouts.js';

const ROWS = 9;
const WAVE = 3;
/** The id of no rollout. */
const UNKNOWN = 'abc123';

let stack: RolloutStack;
beforeAll(async () => {
  stack = await startRolloutStack({ sites: 9 });
}, 600_000);
afterAll(() => stack.dispose());

/** Each rollout has a site of its own, since the tests mostly wait, and so run at the same time. */
let rolloutsSoFar = 0;

/** Starts a rollout of new clients of a new site in three waves. @param agents how that site's agents behave */
async function start(more: Record<string, unknown> = {}, agents: 'working' | 'silent' | 'corrupt' = 'working') {
  const site = stack.sites[rolloutsSoFar];
  if (!site) throw new Error('There is a site for each rollout.');
  rolloutsSoFar += 1;
  if (agents !== 'working') stack.agents[agents].add(site.connectedRegistry);
  const clients = clientsOf(site, `rollout-${rolloutsSoFar}`, ROWS);
  const id = await stack.rollouts.start(onboardingOf(clients, { waves: { size: WAVE }, ...more }));
  return { id, clients, repair: () => stack.agents.repair(site) };
}

const isFirstWaveRunning = ({ counts }: Rollout) => counts.running === WAVE;
const total = async (clients: readonly ClientReference[]): Promise<number> =>
  Object.values(await stack.rollouts.runCounts(clients)).reduce((sum, count) => sum + count, 0);

test.concurrent('before its start time: paused, resumed and cancelled, and no client was touched', async () => {
  const { rollouts } = stack;
  const startAt = new Date(Date.now() + 86_400_000).toISOString();
  const { id, clients } = await start({ startAt });
  expect(await rollouts.until(id, ({ reason }) => reason === 'start-time')).toMatchObject({
    status: 'running',
    waitsUntil: startAt,
  });
  expect(await rollouts.command(id, 'pause')).toMatchObject({ status: 'paused', reason: 'operator' });
  await rollouts.command(id, 'resume');
  await rollouts.until(id, ({ status, reason }) => status === 'running' && reason === 'start-time');
  await rollouts.command(id, 'cancel');
  expect(await rollouts.atRest(id)).toMatchObject({ status: 'cancelled', counts: { waiting: 0, cancelled: ROWS } });
  expect(await total(clients)).toBe(0);
});

test.concurrent('in a freeze window nothing starts, and it can be cancelled', async () => {
  const { rollouts } = stack;
  // It began at this hour, and leaves one hour a day.
  const { id, clients } = await start({ freezeWindows: [`0 ${new Date().getUTCHours()} * * *|PT23H|UTC`] });
  expect(await rollouts.until(id, ({ reason }) => reason === 'freeze-window')).toMatchObject({ status: 'running' });
  await rollouts.command(id, 'cancel');
  expect(await rollouts.atRest(id)).toMatchObject({ status: 'cancelled', counts: { cancelled: ROWS } });
  expect(await total(clients)).toBe(0);
});

test.concurrent('paused while a wave runs: its rows end, no others start until it is resumed', async () => {
  const { rollouts } = stack;
  const { id, clients, repair } = await start({}, 'silent');
  await rollouts.until(id, isFirstWaveRunning);
  await rollouts.command(id, 'pause');
  repair();
  expect(await rollouts.atRest(id)).toMatchObject({
    status: 'paused',
    reason: 'operator',
    counts: { waiting: ROWS - WAVE, completed: WAVE },
  });
  expect(await total(clients)).toBe(WAVE);
  await rollouts.command(id, 'resume');
  expect(await rollouts.atRest(id)).toMatchObject({ status: 'completed', counts: { completed: ROWS } });
  expect(await total(clients)).toBe(ROWS);
});

test.concurrent('cancelled while a wave runs: its rows end by themselves, the others are cancelled', async () => {
  const { rollouts } = stack;
  const { id, clients, repair } = await start({}, 'silent');
  await rollouts.until(id, isFirstWaveRunning);
  await rollouts.command(id, 'cancel');
  repair();
  expect(await rollouts.atRest(id)).toMatchObject({
    status: 'cancelled',
    counts: { waiting: 0, completed: WAVE, cancelled: ROWS - WAVE },
  });
  expect(await total(clients)).toBe(WAVE);
});

test.concurrent('cancelled between two waves', async () => {
  const { rollouts } = stack;
  const { id, clients } = await start({ waves: { size: WAVE, pauseSeconds: 3600 } });
  const between = await rollouts.until(id, ({ reason }) => reason === 'between-waves');
  expect(between).toMatchObject({ status: 'running', counts: { completed: WAVE, waiting: ROWS - WAVE } });
  await rollouts.command(id, 'cancel');
  expect(await rollouts.atRest(id)).toMatchObject({ status: 'cancelled', counts: { cancelled: ROWS - WAVE } });
  expect(await total(clients)).toBe(WAVE);
});

test.concurrent('cancelled while paused', async () => {
  const { rollouts } = stack;
  const { id, repair } = await start({}, 'silent');
  await rollouts.until(id, isFirstWaveRunning);
  await rollouts.command(id, 'pause');
  repair();
  await rollouts.atRest(id);
  await rollouts.command(id, 'cancel');
  expect(await rollouts.until(id, ({ status }) => status === 'cancelled')).toMatchObject({
    counts: { completed: WAVE, cancelled: ROWS - WAVE },
  });
});

test.concurrent(
  'the failed rows of a completed rollout and the cancelled rows of a cancelled one are tried again on request',
  async () => {
    const { rollouts } = stack;
    const completed = await start({}, 'corrupt');
    expect(await rollouts.atRest(completed.id)).toMatchObject({
      status: 'completed',
      counts: { failed: ROWS },
      failures: { 'pull-digest-mismatch': ROWS },
    });
    completed.repair();
    await rollouts.command(completed.id, 'retry-failed');
    expect(await rollouts.atRest(completed.id)).toMatchObject({ status: 'completed', counts: { completed: ROWS } });
    expect(await total(completed.clients)).toBe(2 * ROWS);

    const cancelled = await start({ startAt: new Date(Date.now() + 86_400_000).toISOString() });
    await rollouts.until(cancelled.id, ({ reason }) => reason === 'start-time');
    await rollouts.command(cancelled.id, 'cancel');
    await rollouts.atRest(cancelled.id);
    await rollouts.command(cancelled.id, 'retry-failed');
    expect(await rollouts.until(cancelled.id, ({ status }) => status === 'running')).toMatchObject({
      counts: { waiting: ROWS, cancelled: 0 },
    });
    await rollouts.command(cancelled.id, 'cancel');
    await rollouts.atRest(cancelled.id);
    expect(await total(cancelled.clients)).toBe(0);
  },
);

test.concurrent(
  'a command that does not fit the status is refused, and a rollout that does not exist is not found',
  async () => {
    const { rollouts, it } = stack;
    const { id } = await start();
    await rollouts.atRest(id);
    for (const command of ['pause', 'resume', 'cancel']) {
      const answer = await rollouts.tryCommand(id, command);
      expect([command, answer.status, problem.parse(answer.body).code]).toEqual([command, 409, 'rollout-status']);
      const missing = await rollouts.tryCommand(UNKNOWN, command);
      expect([command, missing.status]).toEqual([command, 404]);
    }
    expect((await it.app.get(`rollouts/${UNKNOWN}`)).status).toBe(404);
    expect(await rollouts.view(id)).toMatchObject({ status: 'completed', counts: { completed: ROWS } });
    expect((await rollouts.list()).map((one) => one.id)).toContain(id);
  },
);
