import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UnmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { parse } from 'yaml';
import { fakeClient, fakeToken, FleetApp } from '../fakes/fleetApp.js';
import { fleetFolder, REGISTRY } from './commands.js';

const PLANT = 'plant7registry';
const AT = { registry: REGISTRY, connectedRegistry: PLANT };
const START = '2026-11-01T00:00:00.000Z';
const readActions = (...names: readonly string[]) => names.map((name) => `repositories/${name}/content/read`);

function appWith(...tokens: readonly UnmanagedToken[]): FleetApp {
  const app = new FleetApp();
  for (const token of tokens) app.putToken(token);
  return app;
}

describe('crctl import', () => {
  test('lists tokens that belong to no client, page by page, and writes nothing', async () => {
    const app = appWith(...['press-1', 'press-2', 'press-3', 'press-4'].map((name) => fakeToken(AT, name)));
    const { crctl } = fleetFolder(app);
    const { code, out, requests } = await crctl('import', '-r', REGISTRY, '-c', PLANT, '-o', 'csv');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'REGISTRY,CONNECTED REGISTRY,TOKEN,PASSWORDS,SCOPE MAP,RIGHTS,LAST USE,ADOPTION,REASON',
      ...[1, 2, 3, 4].map((nth) => `${REGISTRY},${PLANT},press-${nth},1 works,by-hand,read,unknown,takes password2,`),
      '',
    ]);
    expect(requests.every(({ method }) => method === 'GET')).toBe(true);
    const names = await crctl('import', '-r', REGISTRY, '-o', 'name');
    expect(names.out).toContain(`${REGISTRY}/${PLANT}/press-4\n`);
  });

  test('writes a fleet file, whose plan shows the adoptions and whose application leaves nothing to do', async () => {
    const app = appWith(fakeToken(AT, 'press-1'), fakeToken(AT, 'Press-2'));
    const { crctl, world } = fleetFolder(app);
    const imported = await crctl('import', '--registry', REGISTRY, '--out', 'fleet.yaml');
    expect(imported).toMatchObject({ code: 0, err: expect.stringContaining('plan fleet.yaml') });
    expect(parse(readFileSync(join(world.cwd, 'fleet.yaml'), 'utf8'))).toEqual({
      apiVersion: 'connected-registry-onboarding/v1',
      kind: 'Fleet',
      connectedRegistries: {
        [`${REGISTRY}/${PLANT}`]: {
          defaults: { repositories: ['hello-world'] },
          clients: ['press-1', 'Press-2'].map((name) => ({
            client: name,
            token: name,
            adopt: true,
            scopeMap: 'by-hand',
          })),
        },
      },
    });
    const plan = await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '--out', 'plan.json');
    expect(plan.code).toBe(2);
    expect(plan.out).toContain(
      `+ ${REGISTRY}/${PLANT}/press-1\n    has no credential\n    adopts token press-1, takes password2, keeps its scope map\n    * generate password2 press-1`,
    );
    expect(plan.out).toContain('2 to add, 0 to change, 0 to remove, 0 equal, 2 adopt a token');
    const line = (token: string) => `az acr token credential delete --registry ${REGISTRY} --name ${token} --password1`;
    expect(plan.out).toContain(
      `    by hand: password1 of token press-1 keeps working; when no device uses it any more:\n      ${line('press-1')}\n`,
    );
    expect(plan.out).toMatch(/^by hand +2 passwords of others, which work until they are removed$/m);
    const applied = await crctl('apply', 'plan.json');
    expect(applied.code).toBe(0);
    expect(applied.err).toBe(
      `By hand: passwords that others made keep working. Remove each when no device uses it any more:\n  ${line('press-1')}\n  ${line('Press-2')}\n`,
    );
    expect(app.started).toMatchObject([{ clients: [{ token: 'press-1', adopt: true }, { adopt: true }] }]);
    expect((await crctl('plan', 'fleet.yaml', '--detailed-exitcode')).code).toBe(0);
    expect((await crctl('import', '-o', 'name')).out).toBe('');
  });

  test.each<[string, Partial<UnmanagedToken>, RegExp]>([
    ['is claimed', { claimedBy: { connectedRegistry: PLANT, client: 'oven' } }, /it is the token of oven of plant7/],
    ['is on two lists', { alsoBoundTo: ['plant8registry'] }, /plant8registry has it too/],
    ['is disabled', { isEnabled: false }, /it is disabled/],
    ['grants nothing', { scopeMap: { name: 'by-hand', rights: 'none', actions: [] } }, /grants nothing/],
    ['has unknown rights', { scopeMap: { name: 'gone', rights: 'unknown' } }, /scope map gone grants nothing, or is/],
    [
      'has rights that no request has',
      { scopeMap: { name: 'by-hand', rights: 'other', actions: ['repositories/a/deleted/read'] } },
      /no request can ask for/,
    ],
    [
      'names wildcards only',
      { scopeMap: { name: 'by-hand', rights: 'read', actions: readActions('*') } },
      /say by --image what devices pull/,
    ],
    ['has a name that no request takes', { token: 'with_underscore' }, /none that a request may have/],
    [
      'has a repository that no request takes',
      { scopeMap: { name: 'by-hand', rights: 'read', actions: readActions('Upper-Case') } },
      /none that a request may have/,
    ],
  ])('leaves out a token that %s, with the reason', async (_what, more, reason) => {
    const app = appWith(fakeToken(AT, 'press-1', more), fakeToken(AT, 'press-2'));
    const { crctl, world } = fleetFolder(app);
    const { code, out, err } = await crctl('import', '--out', 'fleet.yaml', '-o', 'csv');
    expect([code, err]).toEqual([1, expect.stringMatching(/^Left out: plant7registry\//)]);
    expect(out).toMatch(reason);
    const text = readFileSync(join(world.cwd, 'fleet.yaml'), 'utf8');
    expect(text).toMatch(new RegExp(`^# Left out: .*${reason.source}`, 'm'));
    expect(text).not.toContain('client: press-1');
    expect((await crctl('import')).code).toBe(0);
  });

  test('leaves out a token both of whose passwords work', async () => {
    const { freeSlot: _free, ...full } = fakeToken(AT, 'press-1', {
      passwords: [
        { slot: 'password1', createdAt: START, works: true },
        { slot: 'password2', createdAt: START, works: true },
      ],
    });
    const { crctl, world } = fleetFolder(appWith(full));
    const { code, out, err } = await crctl('import', '--out', 'fleet.yaml');
    expect(code).toBe(1);
    expect(out).toContain('1 works, 2 works');
    expect(err).toContain('fleet.yaml was not written: it would have no client.');
    expect(existsSync(join(world.cwd, 'fleet.yaml'))).toBe(false);
  });

  test('leaves out a token whose name a client has, in any case: the file would be about that client', async () => {
    const app = appWith(fakeToken(AT, 'press-1'), fakeToken({ ...AT, connectedRegistry: 'plant8registry' }, 'press-2'));
    app.put(fakeClient({ ...AT, client: 'PRESS-1' }));
    app.put(fakeClient({ ...AT, client: 'press-2' }));
    const { crctl } = fleetFolder(app);
    const { out } = await crctl('import', '-o', 'csv');
    expect(out).toContain('there is a client PRESS-1 already');
    expect(out).toContain(`plant8registry,press-2,1 works,by-hand,read,unknown,takes password2,`);
  });

  test('takes an image for wildcards, and names no system-defined scope map', async () => {
    const scopeMap = { name: '_repositories_pull', rights: 'read', actions: readActions('*') } as const;
    const { crctl, world } = fleetFolder(appWith(fakeToken(AT, 'press-1', { scopeMap }), fakeToken(AT, 'press-2')));
    expect((await crctl('import', '--out', 'fleet.yaml', '--image', 'hello-world:latest')).code).toBe(0);
    const text = readFileSync(join(world.cwd, 'fleet.yaml'), 'utf8');
    expect(text).not.toContain('_repositories_');
    expect(text.match(/image:/g)).toHaveLength(1);
    const plan = await crctl('plan', 'fleet.yaml');
    expect(plan.out).toContain('adopts token press-1, takes password2, moves it to another scope map');
  });

  test('does not overwrite a file', async () => {
    const { crctl, world } = fleetFolder(appWith(fakeToken(AT, 'press-1')), { 'fleet.yaml': 'mine' });
    const { code, err } = await crctl('import', '--out', 'fleet.yaml');
    expect([code, err]).toEqual([2, expect.stringContaining('It exists: choose another name')]);
    expect(readFileSync(join(world.cwd, 'fleet.yaml'), 'utf8')).toBe('mine');
  });

  test('says so where every token belongs to a client', async () => {
    const { crctl } = fleetFolder(new FleetApp([fakeClient({ ...AT, client: 'press-1' })]));
    expect(await crctl('import', '--out', 'fleet.yaml')).toMatchObject({
      code: 0,
      err: expect.stringContaining('belongs to a client'),
    });
  });

  test('shows text of the service as text, and puts none of it into the file', async () => {
    const evil = '\u001B[2Jx\nconnectedRegistries: {}';
    const app = appWith(
      fakeToken(AT, evil),
      fakeToken(AT, 'press-2', { scopeMap: { name: evil, rights: 'read', actions: readActions('a') } }),
      fakeToken(AT, 'press-3', { claimedBy: { connectedRegistry: PLANT, client: evil } }),
      fakeToken(AT, 'press-4'),
    );
    const { crctl, world } = fleetFolder(app);
    const { out } = await crctl('import', '--out', 'fleet.yaml');
    const text = readFileSync(join(world.cwd, 'fleet.yaml'), 'utf8');
    for (const shown of [out, text]) expect(shown).not.toContain('\u001B');
    const clients = Object.values(parse(text).connectedRegistries).flatMap(
      (one) => (one as { clients: object[] }).clients,
    );
    expect(clients).toMatchObject([{ client: 'press-4' }]);
  });
});

test('whatever tokens there are, import, plan and apply take over those that can be, and touch no other', async () => {
  const password = fc.constantFrom<UnmanagedToken['passwords'][number]['works'] | undefined>(undefined, true, false);
  const token = fc.record({
    name: fc.constantFrom('press-1', 'press-2', 'Oven-3', 'belt', 'x', 'with_line'),
    place: fc.constantFrom('plant7registry', 'plant8registry'),
    one: password,
    two: password,
    isEnabled: fc.constantFrom(true, false),
    actions: fc.constantFrom(readActions('hello-world'), readActions('*'), readActions('a', 'b'), [], ['gateway/x']),
    isClaimed: fc.boolean(),
  });
  const tokens = fc.uniqueArray(token, { selector: ({ name }) => name.toLowerCase(), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(tokens, async (made) => {
      const app = new FleetApp();
      for (const { name, place, one, two, isEnabled, actions, isClaimed } of made) {
        const free = one !== true ? 'password1' : two !== true ? 'password2' : undefined;
        const { freeSlot: _free, ...base } = fakeToken({ registry: REGISTRY, connectedRegistry: place }, name, {
          isEnabled,
          passwords: [
            ...(one === undefined ? [] : [{ slot: 'password1' as const, createdAt: START, works: one }]),
            ...(two === undefined ? [] : [{ slot: 'password2' as const, createdAt: START, works: two }]),
          ],
          scopeMap: { name: `map-of-${name.toLowerCase()}`.replace('_', '-'), rights: 'read', actions },
          ...(isClaimed ? { claimedBy: { connectedRegistry: place, client: 'another' } } : {}),
        });
        app.putToken(free === undefined ? base : { ...base, freeSlot: free });
      }
      const before = new Map(app.byHand);
      const { crctl, world } = fleetFolder(app);
      const imported = await crctl('import', '--out', 'fleet.yaml', '-o', 'json');
      const rows = JSON.parse(imported.out) as { tokens: { token: string; client?: object; leftOut?: string }[] };
      for (const row of rows.tokens) expect(row.client === undefined).toBe(row.leftOut !== undefined);
      const adopted = rows.tokens.filter(({ client }) => client !== undefined).map((row) => row.token);
      const expected = made
        .filter(({ one, two, isEnabled, isClaimed }) => isEnabled && !isClaimed && !(one === true && two === true))
        .filter(({ actions }) => actions.length > 0 && actions.every((one) => /^repositories\/[a-z-]+\//.test(one)))
        .filter(({ name }) => /^[a-zA-Z0-9-]{5,50}$/.test(name))
        .map(({ name }) => name);
      expect(adopted.toSorted()).toEqual(expected.toSorted());
      expect(existsSync(join(world.cwd, 'fleet.yaml'))).toBe(adopted.length > 0);
      if (adopted.length === 0) return;
      expect((await crctl('plan', 'fleet.yaml', '--out', 'plan.json')).code).toBe(0);
      expect((await crctl('apply', 'plan.json')).code).toBe(0);
      expect((await crctl('plan', 'fleet.yaml', '--detailed-exitcode', '-o', 'name')).out).toBe('');
      const left = [...before].filter(([, { token: name }]) => !adopted.includes(name));
      expect([...app.byHand]).toEqual(left);
      expect([...app.clients.values()].map((client) => client.token).toSorted()).toEqual(adopted.toSorted());
    }),
    { numRuns: 60 },
  );
}, 120_000);
