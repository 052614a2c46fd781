import { describe, expect, test } from 'vitest';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { fakeClient, fakeToken, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

const PLANT = 'plant7registry';
const AT = { registry: REGISTRY, connectedRegistry: PLANT };
const START = '2026-11-01T00:00:00.000Z';

function appWith(...tokens: readonly UnmanagedToken[]): FleetApp {
  const app = new FleetApp();
  for (const token of tokens) app.putToken(token);
  return app;
}

describe('a plan with an adoption', () => {
  const file = (more: object = {}) =>
    fleetText({ [PLANT]: { clients: [{ client: 'press-1', token: 'press-1', adopt: true, ...more }] } });
  const planned = async (app: FleetApp, ...flags: readonly string[]) => {
    const folder = fleetFolder(app, { 'fleet.yaml': file() });
    const plan = await folder.crctl('plan', 'fleet.yaml', '--out', 'plan.json', ...flags);
    return { ...folder, plan };
  };

  test.each<[string, (app: FleetApp) => void, string]>([
    [
      'has changed',
      (app) => app.putToken(fakeToken(AT, 'press-1', { passwords: [], freeSlot: 'password1' })),
      'adopts a token that has changed',
    ],
    [
      'was made anew',
      (app) => app.putToken(fakeToken(AT, 'press-1', { createdAt: START.replace('11', '10') })),
      'changed',
    ],
    ['is gone', (app) => app.byHand.clear(), 'adopts a token that is gone'],
  ])('is refused if the token %s since', async (_what, change, how) => {
    const app = appWith(fakeToken(AT, 'PRESS-1'));
    const { crctl, plan } = await planned(app);
    expect(plan.out).toContain('adopts token PRESS-1, takes password2, moves it to another scope map');
    change(app);
    const { code, err } = await crctl('apply', 'plan.json');
    expect([code, err]).toEqual([4, expect.stringContaining(how)]);
    expect(app.started).toEqual([]);
  });

  test('that found no token refuses one that has appeared since, bound or not', async () => {
    const app = new FleetApp();
    const { crctl, plan } = await planned(app);
    expect(plan.out).not.toContain('adopts');
    app.putToken(fakeToken(AT, 'press-1'));
    expect(await crctl('apply', 'plan.json')).toMatchObject({
      code: 4,
      err: expect.stringContaining('a token that is new'),
    });
    expect(app.started).toEqual([]);

    // One that no connected registry lists is seen by the app alone, which was not asked to adopt it.
    const late = new FleetApp();
    const folder = await planned(late);
    late.putToken(fakeToken(AT, 'press-1'), false);
    const applied = await folder.crctl('apply', 'plan.json');
    expect(applied.code).toBe(1);
    expect(late.clients.size).toBe(0);
    expect(late.byHand.size).toBe(1);
  });

  test('adopts a token that no connected registry lists, if the app says so', async () => {
    const app = new FleetApp();
    app.putToken(fakeToken(AT, 'press-1'), false);
    const { crctl, plan } = await planned(app);
    expect(plan.out).toContain('adopts token press-1, takes password2');
    expect((await crctl('apply', 'plan.json')).code).toBe(0);
    expect(app.clients.has(clientKey({ ...AT, client: 'press-1' }))).toBe(true);
    // Compared only, it is not known to be there; so the app is not asked to adopt it.
    const unasked = new FleetApp();
    unasked.putToken(fakeToken(AT, 'press-1'), false);
    const quick = await planned(unasked, '--quick');
    expect(quick.plan.out).not.toContain('adopts');
    expect((await quick.crctl('apply', 'plan.json')).code).toBe(1);
    expect(unasked.clients.size).toBe(0);
  });

  test('without asking the app shows what the connected registry lists', async () => {
    const app = appWith(fakeToken(AT, 'press-1'));
    const { crctl, plan } = await planned(app, '--quick');
    expect(plan.out).toContain('adopts token press-1, takes password2, moves it to another scope map');
    expect((await crctl('apply', 'plan.json')).code).toBe(0);
    expect(app.clients.size).toBe(1);
  });

  test.each([[[]], [['--quick']]])('says what stays by hand, and of what has succeeded alone: %j', async (flags) => {
    const clients = ['press-1', 'press-2', 'press-3'].map((client) => ({ client, token: client, adopt: true }));
    const app = appWith(
      fakeToken(AT, 'press-1'),
      // Nothing of it works, so nothing stays.
      fakeToken(AT, 'press-2', { passwords: [{ slot: 'password1', createdAt: START, works: false }] }),
      fakeToken(AT, 'press-3'),
    );
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients } }) });
    const plan = await crctl('plan', 'fleet.yaml', '--out', 'plan.json', ...flags);
    expect(plan.out.match(/by hand: .*/g)).toEqual([
      expect.stringContaining('password1 of token press-1 '),
      expect.stringContaining('password1 of token press-3 '),
    ]);
    app.failing.add('press-3');
    const { code, err, out } = await crctl('apply', 'plan.json', '-o', 'json');
    expect(code).toBe(1);
    expect(err).toContain('--name press-1 --password1');
    expect(err).not.toContain('--name press-3');
    expect(JSON.parse(out)).toMatchObject({ byHand: [{ ...AT, client: 'press-1', slot: 'password1' }] });
  });

  test('that the app would refuse is not started', async () => {
    const { freeSlot: _free, ...full } = fakeToken(AT, 'press-1');
    const app = appWith(full);
    const { crctl, plan } = await planned(app);
    expect(plan.code).toBe(1);
    expect(plan.out).toContain('adopts token press-1, has no free password slot');
    expect(plan.out).toContain('would be refused: slots-in-use');
    expect(plan.out).not.toContain('by hand');
    expect((await crctl('apply', 'plan.json')).code).toBe(1);
    expect(app.started).toEqual([]);
  });

  test('needs no list where the file adopts nothing, or the client has the token', async () => {
    const app = new FleetApp([{ ...fakeClient({ ...AT, client: 'press-1' }), token: 'press-1' }]);
    const { plan } = await planned(app);
    expect(plan.out).toContain('1 equal');
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['press-9'] } }) });
    const { requests } = await crctl('plan', 'fleet.yaml');
    expect(requests.some(({ path }) => path.includes('unmanaged'))).toBe(false);
  });
});
