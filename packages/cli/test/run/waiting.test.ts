import { describe, expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { COMPLETED, ROLLED_BACK, ROLLOUT, RUNNING } from '../fakes/answers.js';
import { fakeWorld, type FakeApp } from '../fakes/fakeWorld.js';
import { CLIENT, runCrctl, started } from '../fakes/runCrctl.js';

const KEY_OF_CLIENT = 'myregistry-plant7registry-press-1-21982a38dae198be';

describe('waiting', () => {
  /** Starts, then shows each operation in turn; the last one stays. */
  const following = (...seen: unknown[]): FakeApp => {
    return ({ method }) => {
      if (method === 'POST') return { json: started() };
      return { json: seen.length > 1 ? seen.shift() : seen[0] };
    };
  };

  test('ends with the operation: 0 if it has completed', async () => {
    const { code, out, err } = await runCrctl(['rotate', CLIENT, '--wait'], following(RUNNING, RUNNING, COMPLETED));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('status      completed');
  });

  test('ends with 1 if it was rolled back, and says why', async () => {
    const { code, out } = await runCrctl(['rotate', CLIENT, '--wait'], following(RUNNING, ROLLED_BACK));
    expect(code).toBe(1);
    expect(out).toContain('failure     pull-check-deadline');
    expect(out).toContain('scope map onb-hello-world: it existed before');
  });

  test('gives up with 5, and says how to look again', async () => {
    const { code, out, err, world } = await runCrctl(
      ['rotate', CLIENT, '--wait', '--timeout', '3s', '--url', 'https://app.example.org'],
      following(RUNNING),
    );
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toContain(`crctl --url https://app.example.org ops watch ${RUNNING.id}`);
    expect(world.slept.reduce((sum, one) => sum + one, 0)).toBe(3000);
  });

  test('ends with 130 at Ctrl-C, and says what goes on', async () => {
    const world = fakeWorld(({ method }) => {
      if (method === 'POST') return { json: started() };
      world.interrupt();
      return { json: RUNNING };
    });
    expect(await run(['rotate', CLIENT, '--wait'], world)).toBe(130);
    expect(world.err()).toContain('The app goes on with it. Look again with:');
    expect(world.err()).toContain(`ops watch ${RUNNING.id}`);
  });

  test.each<[string, readonly string[], string]>([
    [
      'that starts something',
      ['rotate', CLIENT],
      'What the app has accepted goes on: `crctl --url https://app.example.org ops list` shows it.',
    ],
    [
      'that starts a rollout',
      ['rollouts', 'start', '--kind', 'rotate', CLIENT],
      'What the app has accepted goes on: `crctl --url https://app.example.org rollouts list` shows it.',
    ],
    [
      'that commands a rollout',
      ['rollouts', 'pause', 'r-1'],
      'What the app has accepted goes on: `crctl --url https://app.example.org rollouts list` shows it.',
    ],
    [
      'that issues join tokens',
      ['enrol', CLIENT, '--show-tokens'],
      'Whether the app has carried it out is unknown: repeat the command.',
    ],
    [
      'that withdraws one',
      ['clients', 'withdraw', KEY_OF_CLIENT],
      'Whether the app has carried it out is unknown: repeat the command.',
    ],
    [
      'that removes a poller',
      ['clients', 'remove-poller', KEY_OF_CLIENT],
      'Whether the app has carried it out is unknown: repeat the command.',
    ],
    [
      'that sets one',
      ['clients', 'set-poller', KEY_OF_CLIENT, '11111111-2222-3333-4444-555555555555'],
      'Whether the app has carried it out is unknown: repeat the command.',
    ],
    ['that reads', ['ops', 'list'], 'Nothing was started.'],
  ])('at Ctrl-C a request %s', async (_what, argv, words) => {
    const world = fakeWorld(() => {
      world.interrupt();
      throw new Error('aborted');
    });
    expect(await run([...argv, '--url', 'https://app.example.org'], world)).toBe(130);
    expect(world.err()).toBe(`crctl: interrupted. ${words}\n`);
  });

  test('without --wait says how to follow', async () => {
    const { code, out, err } = await runCrctl(['rotate', CLIENT, '-o', 'name'], following());
    expect({ code, out }).toEqual({ code: 0, out: `${RUNNING.id}\n` });
    expect(err).toBe(`Follow with: crctl ops watch ${RUNNING.id}\n`);
  });

  test('a cancelled operation is what was asked for', async () => {
    const cancelled = { ...ROLLED_BACK, failure: { ...ROLLED_BACK.failure, code: 'cancelled' } };
    const app =
      (end: unknown): FakeApp =>
      ({ method }) => ({ json: method === 'POST' ? { id: RUNNING.id, status: 'running' } : end });
    expect((await runCrctl(['ops', 'cancel', RUNNING.id, '--wait'], app(cancelled))).code).toBe(0);
    expect((await runCrctl(['ops', 'cancel', RUNNING.id, '--wait'], app(COMPLETED))).code).toBe(1);
  });

  test.each<[string, object, number]>([
    ['completed', { status: 'completed', counts: { ...ROLLOUT.counts, running: 0, failed: 0 } }, 0],
    ['completed with failures', { status: 'completed', counts: { ...ROLLOUT.counts, running: 0 } }, 1],
    [
      'paused by its failure limit',
      { status: 'paused', reason: 'failure-limit', counts: { ...ROLLOUT.counts, running: 0 } },
      1,
    ],
    ['stopped', { status: 'stopped', reason: 'fault', counts: { ...ROLLOUT.counts, running: 0 } }, 1],
    ['refused', { status: 'refused', counts: { ...ROLLOUT.counts, running: 0 } }, 4],
  ])('for a rollout that is %s', async (_what, change, expected) => {
    const app: FakeApp = ({ method }) => ({ json: method === 'POST' ? ROLLOUT : { ...ROLLOUT, ...change } });
    const { code } = await runCrctl(['rollouts', 'start', '--kind', 'check', CLIENT, '--wait'], app);
    expect(code).toBe(expected);
  });

  test('for a rollout that is to pause ends well once it is paused', async () => {
    const paused = { ...ROLLOUT, status: 'paused', reason: 'operator', counts: { ...ROLLOUT.counts, running: 0 } };
    const app: FakeApp = ({ method }) => ({ json: method === 'POST' ? ROLLOUT : paused });
    expect((await runCrctl(['rollouts', 'pause', ROLLOUT.id, '--wait'], app)).code).toBe(0);
  });
});

describe('watching without a terminal', () => {
  test('prints a line of JSON for each change of an operation', async () => {
    const seen = [RUNNING, RUNNING, COMPLETED];
    const { code, out } = await runCrctl(['ops', 'watch', RUNNING.id], () => ({ json: seen.shift() }));
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([RUNNING, COMPLETED]);
  });

  test('does not take estimates of a rollout for changes', async () => {
    const end = { ...ROLLOUT, status: 'completed', counts: { ...ROLLOUT.counts, running: 0 } };
    const seen = [ROLLOUT, { ...ROLLOUT, secondsLeft: 300, ratePerMinute: 30 }, end];
    const { code, out } = await runCrctl(['rollouts', 'watch', ROLLOUT.id], () => ({ json: seen.shift() }));
    expect(code).toBe(1);
    expect(out.trim().split('\n')).toHaveLength(2);
  });
});
