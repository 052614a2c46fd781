import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_THROTTLING_SECONDS, THROTTLED_FOR_LONG } from '../faults/faultKinds.js';
import { Lane } from '../faults/lane.js';
import type { CallSite } from '../faults/trials.js';
import { ofRing } from '../harness/ring.js';
import { HELD, PHASES } from './heldCalls.js';

let lane: Lane;
let sites: CallSite[];
beforeAll(async () => {
  // A step may be tried for longer than the longest pause here, so that no deadline ends it first.
  lane = await Lane.open('cancelled', { settings: { STEP_DEADLINE_SECONDS: '3600' } });
  sites = await lane.record();
}, 900_000);
afterAll(() => lane.close());

const NOT_PROMOTED = ['preflight', 'ensureScopeMap', 'ensureToken', 'issueCredentials', 'bind', 'pullCheck'];

test('a cancel during any call, before or after its effect, undoes everything before promotion, and is refused after it', async () => {
  const own = sites.filter(({ isOwn }) => isOwn);
  const before = await lane.cancelled(ofRing(HELD.cancelled['killed before'])(own), 'killed before');
  const after = await lane.cancelled(ofRing(HELD.cancelled['killed after'])(own), 'killed after');
  const ends = [...before, ...after];

  for (const { site, step, ended, answer, wrong } of ends) {
    const what = `${site.key} ${site.nth} in ${step}`;
    expect([what, wrong]).toEqual([what, []]);
    expect([what, answer]).toEqual([what, 202]);
    const isInTime = NOT_PROMOTED.includes(step);
    expect([what, ended.status, ended.failure?.code]).toEqual(
      isInTime ? [what, 'rolledBack', 'cancelled'] : [what, 'completed', undefined],
    );
  }
  const steps = new Set(ends.map(({ step }) => step));
  console.log(`cancelled during ${ends.length} calls, in ${[...steps].join(', ')}`);
  expect([...steps]).toEqual(expect.arrayContaining(PHASES));
}, 900_000);

test('a cancel while the client list is read or written undoes everything', async () => {
  for (const site of sites.filter(({ key }) => key.startsWith('PATCH ') && key.includes('connectedRegistries')))
    for (const fault of ['killed before', 'killed after'] as const) {
      const [end] = await lane.cancelled([site], fault, true);
      expect(end).toMatchObject({
        step: 'bind',
        answer: 202,
        wrong: [],
        ended: { status: 'rolledBack', failure: { code: 'cancelled', residue: [] } },
      });
    }
}, 900_000);

test('a cancel during an activity that asks for a long pause takes effect before the pause', async () => {
  const site = sites.find(({ key }) => key.startsWith('PUT ') && key.includes('{token}'));
  if (!site) throw new Error('An onboarding makes a token.');
  const [end] = await lane.cancelled([site], THROTTLED_FOR_LONG);
  expect(end).toMatchObject({
    step: 'ensureToken',
    answer: 202,
    wrong: [],
    ended: { status: 'rolledBack', failure: { code: 'cancelled' } },
  });

  // The activity was called once, and the operation says that the whole undo was over before the pause would have been.
  const steps = end?.ended.steps ?? [];
  const throttled = steps.find(({ name }) => name === 'ensureToken');
  expect(throttled).toMatchObject({ status: 'failed', attempts: 1 });
  const pauseEnds = Date.parse(throttled?.startedAt ?? '') + LONG_THROTTLING_SECONDS * 1000;
  expect(Date.parse(steps.at(-1)?.endedAt ?? '')).toBeLessThan(pauseEnds);
}, 1_200_000);

test('an operation that has ended, or never existed, cannot be cancelled', async () => {
  const ended = await lane.onboard();
  expect(ended.status).toBe('completed');
  const late = await lane.cancel(ended.id);
  expect(late.status).toBe(409);
  expect(late.body).toMatchObject({ code: 'already-ended', operationStatus: 'completed' });
  expect((await lane.cancel('no-such-client.k3v9')).status).toBe(404);
  expect(await lane.it.app.operation(ended.id)).toEqual(ended);
});

test('resources of others are unchanged, and no password appears outside the vault', async () => {
  expect(await lane.unclean()).toEqual([]);
});
