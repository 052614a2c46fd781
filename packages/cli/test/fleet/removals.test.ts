import { describe, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { FakeApp } from '../fakes/fakeWorld.js';
import { fakeClient, fakeToken, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder, fleetText, REGISTRY } from './commands.js';

/* A device gets another name in the file: its old client is removed only if the new one works. */

const PLANT = 'plant7registry';
const AT = { registry: REGISTRY, connectedRegistry: PLANT };
const reference = (client: string) => ({ ...AT, client });
const PRUNE = ['--prune', '--max-deletes', '1'];
const AGAIN = 'Plan again, and apply that plan:\n  crctl plan fleet.yaml --prune --max-deletes 1\n';

/** `old` is there; the file has `new` in its place. */
const renamed = (more: object = {}) => fleetText({ [PLANT]: { clients: [{ client: 'new', ...more }] } });
const withOld = () => new FleetApp([fakeClient(reference('old'))]);

/** The answers of an app whose dry runs of onboardings say nothing about their rows. */
function silent(app: FleetApp): FakeApp {
  return (request) => {
    const answer = app.answer(request);
    const isRows = /rollouts\/\d+\/clients/.test(request.path);
    if (!isRows || !JSON.stringify(answer).includes('"client":"new"')) return answer;
    return { json: { clients: [] } };
  };
}

describe('a removal beside an addition', () => {
  const refusing = () => {
    const app = withOld();
    const { freeSlot: _free, ...full } = fakeToken(AT, 'token-of-new');
    app.putToken(full);
    return { app, answer: app.answer, file: renamed({ token: 'token-of-new', adopt: true }) };
  };
  const unsaid = () => {
    const app = withOld();
    return { app, answer: silent(app), file: renamed() };
  };
  const busy = () => {
    const app = withOld();
    app.put({ ...fakeClient(reference('new')), state: 'changing', running: 'key.run' });
    return { app, answer: app.answer, file: renamed() };
  };

  test.each([
    ['that the app would refuse', refusing, '1 client of the file would be refused'],
    ['about which the dry run says nothing', unsaid, '1 client of the file cannot be compared'],
    ['of a client with an operation in progress', busy, '1 client of the file cannot be compared'],
  ])('%s is not started, and the plan says so', async (_what, make, reason) => {
    const { app, answer, file } = make();
    const { crctl } = fleetFolder({ answer }, { 'fleet.yaml': file });
    const plan = await crctl('plan', 'fleet.yaml', ...PRUNE, '--out', 'plan.json');
    expect(plan.out).toMatch(/^plan .*, 0 to remove, .*1 removal held back/m);
    expect(plan.out).not.toMatch(/^offboard/m);
    expect([plan.code, plan.err]).toEqual([1, '']);
    expect(await crctl('plan', 'fleet.yaml', ...PRUNE, '--detailed-exitcode')).toMatchObject({ code: 1 });
    expect(plan.out).toMatch(new RegExp(`^removals +1 client would not be removed, since ${reason}$`, 'm'));
    for (const what of [['fleet.yaml', ...PRUNE], ['plan.json']]) {
      const { code, err } = await crctl('apply', ...what, '--yes');
      expect(code).toBe(1);
      expect(err).toContain(`1 client was not removed, since ${reason}.\n${AGAIN}`);
      expect(err).not.toContain('nothing to start');
    }
    expect(app.started).toEqual([]);
    expect(app.clients.has(clientKey(reference('old')))).toBe(true);
  });

  test('is not started either if other clients are added', async () => {
    const app = withOld();
    app.foreignMaps.add('their-map');
    const clients = ['press-1', { client: 'new', scopeMap: 'their-map' }];
    const { crctl } = fleetFolder(app, { 'fleet.yaml': fleetText({ [PLANT]: { clients } }) });
    const { code } = await crctl('apply', 'fleet.yaml', ...PRUNE, '--yes');
    expect(code).toBe(1);
    expect(app.started).toMatchObject([{ kind: 'onboard', clients: [{ client: 'press-1' }] }]);
  });

  test('is no reason not to carry out other changes, and is an error when these are done', async () => {
    const { app, answer } = busy();
    const { crctl } = fleetFolder(
      { answer },
      { 'fleet.yaml': fleetText({ [PLANT]: { clients: ['new', 'press-1'] } }) },
    );
    const plan = () => crctl('plan', 'fleet.yaml', ...PRUNE, '--detailed-exitcode', '--out', 'plan.json');
    expect(await plan()).toMatchObject({ code: 2, err: expect.stringContaining('Carry it out with') });
    expect(await crctl('apply', 'plan.json', '--yes')).toMatchObject({ code: 1 });
    expect(app.started).toMatchObject([{ kind: 'onboard', clients: [{ client: 'press-1' }] }]);
    expect(await plan()).toMatchObject({ code: 1, err: '' });
  });

  test('is not asked about if it would not be started', async () => {
    const { answer, file } = refusing();
    const { crctl } = fleetFolder({ answer }, { 'fleet.yaml': file });
    const { code, err } = await crctl('apply', 'fleet.yaml', ...PRUNE);
    expect([code, err]).toEqual([1, expect.not.stringContaining('Carry out')]);
  });

  test('is not started if fewer clients have succeeded than were sent', async () => {
    const app = withOld();
    const { crctl } = fleetFolder(
      {
        answer: async (request) => {
          const { json, ...others } = await app.answer(request);
          const isRollout =
            typeof json === 'object' && json !== null && 'counts' in json && 'kind' in json && json.kind === 'onboard';
          return isRollout && !('dryRun' in json && json.dryRun)
            ? { ...others, json: { ...json, counts: { ...(json.counts as object), completed: 0 } } }
            : { ...others, ...(json === undefined ? {} : { json }) };
        },
      },
      { 'fleet.yaml': renamed() },
    );
    const { code, err } = await crctl('apply', 'fleet.yaml', ...PRUNE, '--yes');
    expect(code).toBe(1);
    expect(err).toContain('1 client was not removed, since not everything else has succeeded.');
    expect(app.started).toMatchObject([{ kind: 'onboard' }]);
  });
});

describe('a removal is started', () => {
  test('beside a client that the file does not have and that cannot be compared', async () => {
    const app = withOld();
    app.put({ ...fakeClient(reference('other')), state: 'changing', running: 'key.run' });
    const { crctl } = fleetFolder(app, { 'fleet.yaml': renamed() });
    const { code, err } = await crctl('apply', 'fleet.yaml', ...PRUNE, '--yes');
    expect(code, err).toBe(0);
    expect(app.started).toMatchObject([{ kind: 'onboard' }, { kind: 'offboard', clients: [{ client: 'old' }] }]);
  });

  test('beside a client of the file that is revoked, which is neither added nor changed', async () => {
    const app = withOld();
    app.put({ ...fakeClient(reference('new')), state: 'revoked' });
    const { crctl } = fleetFolder(app, { 'fleet.yaml': renamed() });
    expect(await crctl('apply', 'fleet.yaml', ...PRUNE, '--yes')).toMatchObject({ code: 0 });
    expect(app.started).toMatchObject([{ kind: 'offboard' }]);
  });
});

test.each<[string, (entry: { readonly mark: string }) => object]>([
  ['an addition without its row', ({ mark }) => (mark === '+' ? { row: undefined } : {})],
  ['a removal of a client that the file has', ({ mark }) => (mark === '+' ? { mark: '-', row: undefined } : {})],
])('a kept plan is refused if it was changed by hand: %s', async (_what, change) => {
  const app = withOld();
  const { crctl, put } = fleetFolder(app, { 'fleet.yaml': renamed() });
  const plan = await crctl('plan', 'fleet.yaml', ...PRUNE, '-o', 'json');
  const made = JSON.parse(plan.out) as { clients: { readonly mark: string }[] };
  put('plan.json', JSON.stringify({ ...made, clients: made.clients.map((one) => ({ ...one, ...change(one) })) }));
  const { code, err } = await crctl('apply', 'plan.json', '--yes');
  expect([code, err]).toEqual([2, expect.stringContaining('does not fit its mark')]);
  expect(app.started).toEqual([]);
});
