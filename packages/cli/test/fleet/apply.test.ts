import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/program/run.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { PROBLEM } from '../fakes/answers.js';
import { fakeWorld, type FakeApp, type FakeWorld } from '../fakes/fakeWorld.js';
import { fakeClient, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/* What `crctl apply` does when the world moves while it asks and while it works. */

const PLANT = 'plant7registry';
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: PLANT, client });
const drifted = (client: string) => ({
  ...fakeClient(reference(client)),
  state: 'drifted' as const,
  differences: [{ code: 'password-replaced' as const }],
});
const revoked = (client: string) => ({ ...fakeClient(reference(client)), state: 'revoked' as const });
const PRUNE = ['--prune', '--max-deletes', '9'];

/** A terminal at which somebody does something before they answer the question. */
function atTerminal(app: FleetApp, clients: readonly string[], before: () => void) {
  const stdin = (function* () {
    before();
    yield Buffer.from('y\n');
  })();
  return fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients } }) }, { columns: 80, stdin });
}

describe('while the question stands', () => {
  test('a client that is revoked is not onboarded again', async () => {
    const app = new FleetApp([drifted('press-1')]);
    const { crctl } = atTerminal(app, ['press-1'], () => app.put(revoked('press-1')));
    const { code, err } = await crctl('apply', 'fleet.yaml');
    expect(code).toBe(4);
    expect(err).toMatch(
      /Carry out 1 change\? \[y\/N\] .*Nothing was started\.\n.*press-1 has changed\n.*Plan again\.\n$/s,
    );
    expect(app.started).toEqual([]);
  });

  test('a kept plan with removals is compared again after the answer', async () => {
    const app = new FleetApp([drifted('press-1'), fakeClient(reference('press-2'))]);
    const { crctl } = atTerminal(app, ['press-1'], () => app.put(revoked('press-1')));
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json', ...PRUNE);
    const { code, err } = await crctl('apply', 'plan.json');
    expect(code).toBe(4);
    expect(err).toContain('press-1 has changed');
    expect(app.started).toEqual([]);
  });

  test('nothing that moves: it is carried out', async () => {
    const app = new FleetApp([drifted('press-1')]);
    const { crctl } = atTerminal(app, ['press-1'], () => {});
    expect(await crctl('apply', 'fleet.yaml')).toMatchObject({ code: 0 });
    expect(app.started).toHaveLength(1);
  });

  test('asks no question about a kept plan that no longer holds', async () => {
    const app = new FleetApp([drifted('press-1'), fakeClient(reference('press-2'))]);
    const { crctl } = atTerminal(app, ['press-1'], () => {});
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json', ...PRUNE);
    app.put(revoked('press-1'));
    const { code, err } = await crctl('apply', 'plan.json');
    expect(code).toBe(4);
    expect(err).not.toContain('[y/N]');
  });
});

describe('a fleet file', () => {
  /** What others do between the plan, with its dry run, and the first rollout. */
  const duringDryRun = (app: FleetApp, change: () => void) => {
    let isPlanned = false;
    const answer: FakeApp = (request) => {
      if (isPlanned) change();
      // The rows of the dry run are the last that a plan reads.
      isPlanned = /rollouts\/\d+\/clients/.test(request.path);
      return app.answer(request);
    };
    return fleetFolder({ answer }, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-1', 'press-3'] } }) });
  };
  const world = () =>
    new FleetApp([fakeClient(reference('press-1')), fakeClient(reference('oven')), drifted('press-3')]);

  test.each<[string, (app: FleetApp) => void]>([
    ['a device joins', (app) => app.put(fakeClient(reference('newcomer')))],
    ['one that the file has as it is drifts', (app) => app.put(drifted('press-1'))],
    ['one that the file does not have goes', (app) => app.clients.delete(clientKey(reference('oven')))],
  ])('is carried out although %s during the dry run', async (_what, change) => {
    const app = world();
    const { crctl } = duringDryRun(app, () => change(app));
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes');
    expect(code, err).toBe(0);
    expect(app.started).toMatchObject([{ clients: [{ client: 'press-3' }] }]);
  });

  test('is not carried out if one that it would change is revoked during the dry run', async () => {
    const app = world();
    const { crctl } = duringDryRun(app, () => app.put(revoked('press-3')));
    const { code, err } = await crctl('apply', 'fleet.yaml', '--yes');
    expect(code).toBe(4);
    expect(err).toMatch(/Nothing was started\.\n.*press-3 has changed\n {2}Plan again\.\n$/);
    expect(app.started).toEqual([]);
  });
});

test('a client that moves while a rollout before it runs is left as it is', async () => {
  const app = new FleetApp([fakeClient(reference('press-1'))]);
  app.besides = () => app.put(revoked('press-1'));
  const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-2'] } }) });
  const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
  expect(code).toBe(4);
  expect(err).toMatch(
    /1 client was not removed, since the world has moved\.\n.*press-1 has changed\nPlan again, and apply that plan:\n {2}crctl plan fleet\.yaml --prune --max-deletes 1\n$/s,
  );
  expect(app.started).toMatchObject([{ kind: 'onboard' }]);
});

describe('an apply that ends early says what was not started, and how to go on', () => {
  const URL = ['--url', 'https://app.example.org'];
  const AGAIN = `Plan again when that rollout has ended, and apply that plan:
    crctl --url https://app.example.org plan fleet.yaml --prune --max-deletes 1
`;

  /** One client is to be added, then one removed. @param app what is asked before the fleet */
  function changing(app: FleetApp, options?: Parameters<typeof fleetFolder>[2]) {
    const folder = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-2'] } }) }, options);
    const apply = (...more: string[]) =>
      folder.crctl('apply', 'fleet.yaml', ...URL, '--prune', '--max-deletes', '1', ...more);
    return { ...folder, apply };
  }
  const there = () => new FleetApp([fakeClient(reference('press-1'))]);

  test('at Ctrl-C', async () => {
    const app = there();
    app.looks = 9;
    const { apply, world } = changing(app);
    app.besides = () => world.interrupt();
    const { code, err } = await apply('--yes');
    expect(code).toBe(130);
    expect(err).toMatch(/The app goes on with it\. Look again with:\n {4}crctl --url \S+ rollouts watch \d+\n/);
    expect(err).toContain(`  1 client was not removed.\n  ${AGAIN}`);
  });

  test('by a timeout, which is one for all rollouts', async () => {
    const app = there();
    app.looks = 2;
    const { apply, world } = changing(app);
    const { code, err } = await apply('--yes', '--timeout', '5s');
    expect(code).toBe(5);
    expect(err).toContain('did not end within 5 seconds.');
    expect(err).not.toContain('was not removed');
    expect(err).not.toContain('Plan again');
    expect(app.started).toHaveLength(2);
    // Waits for dry runs end at their first look.
    expect(world.slept.reduce((sum, one) => sum + one, 0)).toBe(5000);
  });

  test('by a timeout between two rollouts', async () => {
    const app = there();
    app.looks = 2;
    const { code, err } = await changing(app).apply('--yes', '--timeout', '4s');
    expect(code).toBe(5);
    expect(err).toMatch(
      /not carried out within 4 seconds\.\n {2}Rollout 2 before it: completed, 1 of 1 client succeeded\.\n {2}1 client was not removed\.\n {2}Plan again, and apply/,
    );
    expect(app.started).toHaveLength(1);
  });

  test('by an app that refuses a rollout', async () => {
    const app = there();
    const world = fakeWorld((request) =>
      request.method === 'POST' && !request.body.includes('"dryRun":true')
        ? { status: 409, json: { ...PROBLEM, status: 409 } }
        : app.answer(request),
    );
    writeFileSync(join(world.cwd, 'fleet.yaml'), fleetText({ [PLANT]: { clients: ['press-2'] } }));
    expect(await run(['apply', 'fleet.yaml', '--yes', ...PRUNE], world)).toBe(4);
    expect(world.err()).toContain('  1 client was not started.\n  1 client was not removed.\n  Plan again, and apply');
  });

  test('by an app that does not answer a start: whether it has started is unknown', async () => {
    const app = there();
    const world = fakeWorld((request) => {
      if (request.method !== 'POST' || request.body.includes('"dryRun":true')) return app.answer(request);
      throw new Error('ECONNRESET');
    });
    writeFileSync(join(world.cwd, 'fleet.yaml'), fleetText({ [PLANT]: { clients: ['press-2'] } }));
    expect(await run(['apply', 'fleet.yaml', '--yes', ...PRUNE], world)).toBe(1);
    expect(world.err()).toMatch(/started the last rollout is unknown\. Look with:\n {4}crctl rollouts list\n/);
    expect(world.err()).toContain('1 client was not removed.');
    expect(world.err()).not.toContain('was not started');
  });

  test('while it asks: nothing was done', async () => {
    const interrupt: { world?: FakeWorld } = {};
    const stdin = (function* (): Generator<Buffer> {
      interrupt.world?.interrupt();
    })();
    const app = there();
    const { apply, world } = changing(app, { columns: 80, stdin });
    interrupt.world = world;
    const { code, err } = await apply();
    expect(code).toBe(130);
    expect(err).toMatch(/\[y\/N\] crctl: interrupted\. Nothing was done\.\n$/);
    expect(app.started).toEqual([]);
  });
});
