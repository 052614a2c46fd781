import { describe, expect, test } from 'vitest';
import { PROBLEM } from '../fakes/answers.js';
import type { FakeAnswer, FakeApp } from '../fakes/fakeWorld.js';
import { fakeClient, fakeToken, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/* What `crctl apply` says when the app does not answer as it should, and how it says to go on. */

const PLANT = 'plant7registry';
const AT = { registry: REGISTRY, connectedRegistry: PLANT };
const PRUNE = ['--prune', '--max-deletes', '1'];
/** One client is to be added, then one removed. */
const there = () => new FleetApp([fakeClient({ ...AT, client: 'press-1' })]);
const text = (clients: readonly unknown[] = ['press-2']) => fleetText({ [PLANT]: { clients } });

const isStart = ({ method, body }: Parameters<FakeApp>[0]): boolean =>
  method === 'POST' && !body.includes('"dryRun":true');

describe('an app that answers a start with a problem', () => {
  const answering = (answer: FakeAnswer) => {
    const app = there();
    return fleetFolder(
      { answer: (request) => (isStart(request) ? answer : app.answer(request)) },
      { 'fleet.yaml': text() },
    );
  };

  test.each([
    [503, 'engine-slow'],
    [503, 'unavailable'],
  ])('of its own, %i %s: whether it has started is unknown', async (status, code) => {
    const { crctl } = answering({ status, json: { ...PROBLEM, status, code } });
    const { code: exit, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
    expect(exit).toBe(1);
    expect(err).toMatch(/started the last rollout is unknown\. Look with:\n {4}crctl rollouts list\n/);
    expect(err).toContain('Plan again when that rollout has ended');
    expect(err).not.toContain('was not started');
  });

  test.each([400, 409, 429])('by which it refuses, %i: nothing is started', async (status) => {
    const { crctl } = answering({ status, json: { ...PROBLEM, status } });
    const { err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
    expect(err).toContain('1 client was not started.');
    expect(err).not.toContain('unknown');
  });
});

describe('an apply that is done', () => {
  /** @param last what happens when the clients that have succeeded are read */
  const adopting = (last: () => FakeAnswer) => {
    const app = new FleetApp();
    app.putToken(fakeToken(AT, 'press-2'));
    return fleetFolder(
      { answer: (request) => (request.path.includes('state=completed') ? last() : app.answer(request)) },
      { 'fleet.yaml': text([{ client: 'press-2', token: 'press-2', adopt: true }]) },
    );
  };

  test('has its result and its exit code though what stays by hand cannot be read', async () => {
    const { crctl } = adopting(() => ({ status: 503 }));
    const { code, out, err } = await crctl('apply', 'fleet.yaml', '--yes', '-o', 'json');
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ rollouts: [{ status: 'completed' }], byHand: 'unknown' });
    expect(err).toMatch(/may keep working\. Whose is unknown.*\n {2}crctl rollouts clients 1 --state completed\n$/);
  });

  test('has them at Ctrl-C too', async () => {
    const { crctl, world } = adopting(() => {
      world.interrupt();
      throw new Error('aborted');
    });
    const { code, out, err } = await crctl('apply', 'fleet.yaml', '--yes', '-o', 'name');
    expect([code, out], err).toEqual([0, '1\n']);
    expect(err).toContain('Whose is unknown');
  });
});

describe('the line that plans again', () => {
  const moving = (options?: Parameters<typeof fleetFolder>[2]) => {
    const app = there();
    app.failing.add('press-2');
    const file = text().replace(`"registry":"${REGISTRY}",`, '');
    return fleetFolder(app, { 'fleet.yaml': file, 'my fleet.yaml': file }, options);
  };
  const flags = ['--registry', REGISTRY, ...PRUNE];

  test('has the registry that the file does not name', async () => {
    const { crctl } = moving();
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...flags);
    expect(code).toBe(1);
    expect(err).toContain(
      `Plan again, and apply that plan:\n  crctl plan fleet.yaml --registry ${REGISTRY} --prune --max-deletes 1\n`,
    );
  });

  test('has it also for a plan that was kept', async () => {
    const { crctl } = moving();
    const plan = await crctl('plan', 'my fleet.yaml', ...flags, '--out', 'my plan.json');
    expect(plan.err).toContain("Carry it out with: crctl apply 'my plan.json'");
    const { err } = await crctl('apply', 'my plan.json', '--yes');
    expect(err).toContain(`\n  crctl plan 'my fleet.yaml' --registry ${REGISTRY} --prune --max-deletes 1\n`);
  });

  test('is none for what came by stdin', async () => {
    const { crctl } = moving({ stdin: text() });
    const { err } = await crctl('apply', '-', '--yes', ...PRUNE);
    expect(err).toContain('Plan the same file again, with --prune --max-deletes 1, and apply that plan.\n');
    expect(err).not.toContain('crctl plan -');
  });
});
