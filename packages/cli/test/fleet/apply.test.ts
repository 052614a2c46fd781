import { describe, expect, test } from 'vitest';
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

  test('nobody is asked about a kept plan that no longer holds', async () => {
    const app = new FleetApp([drifted('press-1'), fakeClient(reference('press-2'))]);
    const { crctl } = atTerminal(app, ['press-1'], () => {});
    await crctl('plan', 'fleet.yaml', '--out', 'plan.json', ...PRUNE);
    app.put(revoked('press-1'));
    const { code, err } = await crctl('apply', 'plan.json');
    expect(code).toBe(4);
    expect(err).not.toContain('[y/N]');
  });
});

test('a client that moves while a rollout before it runs is left as it is', async () => {
  const app = new FleetApp([fakeClient(reference('press-1'))]);
  app.besides = () => app.put(revoked('press-1'));
  const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-2'] } }) });
  const { code, err } = await crctl('apply', 'fleet.yaml', '--yes', ...PRUNE);
  expect(code).toBe(4);
  expect(err).toMatch(/1 client was not removed, since the world has moved\.\n.*press-1 has changed\nPlan again\.\n$/s);
  expect(app.started).toMatchObject([{ kind: 'onboard' }]);
});
