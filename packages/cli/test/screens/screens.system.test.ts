import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { CLIENT, COMPLETED, PROBLEM, ROLLED_BACK, ROLLOUT, RUNNING } from '../fakes/answers.js';
import { fakeToken } from '../fakes/fleetApp.js';
import type { FakeAnswer } from '../fakes/fakeWorld.js';
import { startFakeServer, type FakeServer } from './fakeServer.js';
import { onTerminal, type Screen, type Typed } from './terminal.js';

/*
 * What a person sees at terminals of 80 and 140 columns, kept as text in `golden`. After a change that is wanted:
 * `npx vitest run --project system packages/cli/test/screens --update`. They need `script` of util-linux.
 */

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());
beforeEach(() => server.answers.clear());

const crctl = `node ${join(projectRoot(), 'packages/cli/bin/crctl.js')}`;

function shows(
  args: string,
  columns: number,
  env: Readonly<Record<string, string>> = {},
  typed?: Typed,
): Promise<Screen> {
  return onTerminal(`${crctl} ${args}`, columns, { CRCTL_URL: server.url, CRCTL_KEY: 'key', ...env }, typed);
}

const long = {
  ...CLIENT,
  key: 'myregistry-plant7registry-a-device-9-bfeeb7e0c1df2536',
  client: 'a-device-with-a-name-that-is-longer-than-a-terminal-would-like',
  state: 'drifted',
  running: RUNNING.id,
};
const evil = { ...CLIENT, client: 'x\u001b[2J\u001b]0;owned\u0007機器\u202e', state: 'expired' };
const DIFFERENCES = [{ code: 'binding-missing', expected: 'plant7registry', found: 'none' }];
const RECORDED = { ...ROLLED_BACK, actor: 'function-key', steps: undefined };
const { ratePerMinute: _rate, secondsLeft: _left, ...REST } = ROLLOUT;
const ENDED = {
  ...REST,
  status: 'completed',
  counts: { ...ROLLOUT.counts, waiting: 0, running: 0, completed: 245 },
  wave: { current: 4, of: 4, rows: 40, first: 10, size: 100 },
  endedAt: '2026-11-30T11:12:00.000Z',
};
const FAR = {
  ...ROLLOUT,
  wave: { current: 3, of: 4, rows: 100, first: 10, size: 100 },
  counts: { ...ROLLOUT.counts, completed: 130, waiting: 95 },
};

const { freeSlot: _free, ...FULL } = fakeToken(CLIENT, 'press-5', {
  passwords: [
    { slot: 'password1', createdAt: '2025-04-02T08:01:00.000Z', works: true },
    { slot: 'password2', createdAt: '2026-01-12T15:30:00.000Z', works: true },
  ],
});
const UNMANAGED = [
  fakeToken(CLIENT, 'press-4'),
  FULL,
  fakeToken(CLIENT, 'press-6', {
    passwords: [{ slot: 'password1', createdAt: '2025-04-02T08:01:00.000Z', works: false }],
    freeSlot: 'password1',
    scopeMap: { name: '_repositories_pull', rights: 'read', actions: ['repositories/*/content/read'] },
  }),
];
const ADOPTION = {
  problems: [],
  writes: [
    { step: 'issueCredentials', action: 'generate password2', resource: 'press-4' },
    { step: 'promote', action: 'save secret', resource: 'myregistry-plant7registry-press-4-bfeeb7e0c1df2536' },
  ],
  adopts: ['scope map by-hand', 'token press-4, which others made, as asked by adopt'],
  byHand: [
    'password1 of token press-4 (created 2025-04-02T08:01:00.000Z, without expiry) still works, and the app does not know who uses it. Until it is removed or expires, the credential can be rotated urgently only, which clears it. When no device uses it any more: az acr token credential delete --registry myregistry --name press-4 --password1',
  ],
};

const SCREENS: readonly (readonly [
  name: string,
  args: string,
  code: number,
  answers: Readonly<Record<string, FakeAnswer[]>>,
])[] = [
  ['help', '--help', 0, {}],
  ['onboard-help', 'onboard --help', 0, {}],
  [
    'clients-list',
    'clients list',
    0,
    { 'GET /clients': [{ json: { clients: [CLIENT, long, evil], continuation: 'x' } }, { json: { clients: [] } }] },
  ],
  [
    'clients-show',
    `clients show ${CLIENT.key}`,
    0,
    {
      [`GET /clients/${CLIENT.key}`]: [
        { json: { ...CLIENT, state: 'unbound', bound: false, differences: DIFFERENCES } },
      ],
      [`GET /clients/${CLIENT.key}/operations`]: [{ json: { operations: [RECORDED] } }],
    },
  ],
  ['ops-show', 'ops show x', 0, { 'GET /operations/x': [{ json: ROLLED_BACK }] }],
  ['ops-watch', 'ops watch x', 0, { 'GET /operations/x': [{ json: RUNNING }, { json: COMPLETED }] }],
  ['ops-watch-failed', 'ops watch x', 1, { 'GET /operations/x': [{ json: RUNNING }, { json: ROLLED_BACK }] }],
  [
    'ops-watch-two',
    'ops watch x y',
    1,
    { 'GET /operations/x': [{ json: RUNNING }, { json: ROLLED_BACK }], 'GET /operations/y': [{ json: COMPLETED }] },
  ],
  [
    'rotate-wait',
    'rotate plant7registry/press-1 --wait',
    0,
    {
      'POST /rotations': [
        {
          status: 202,
          json: {
            operations: [
              {
                registry: 'myregistry',
                connectedRegistry: 'plant7registry',
                client: 'press-1',
                id: 'x',
                status: 'running',
              },
            ],
          },
        },
      ],
      'GET /operations/x': [{ json: RUNNING }, { json: COMPLETED }],
    },
  ],
  [
    'rollouts-list',
    'rollouts list',
    0,
    { 'GET /rollouts': [{ json: { rollouts: [ROLLOUT, { ...ENDED, name: undefined }] } }] },
  ],
  ['rollouts-show', 'rollouts show x', 0, { 'GET /rollouts/x': [{ json: ROLLOUT }] }],
  ['rollouts-watch', 'rollouts watch x', 1, { 'GET /rollouts/x': [{ json: ROLLOUT }, { json: FAR }, { json: ENDED }] }],
  [
    'import',
    'import',
    0,
    { 'GET /clients': [{ json: { clients: [], unmanaged: UNMANAGED } }, { json: { clients: [CLIENT] } }] },
  ],
  [
    'adopt-dry-run',
    'onboard plant7registry/press-4 --token press-4 --adopt --dry-run',
    0,
    { 'POST /onboardings': [{ json: ADOPTION }] },
  ],
  ['refused', 'onboard plant7registry/press-1', 4, { 'POST /onboardings': [{ status: 400, json: PROBLEM }] }],
  ['unknown-flag', 'onboard plant7registry/press-1 --dryrun', 2, {}],
];

describe.each([80, 140])('at %i columns', (columns) => {
  test.each(SCREENS)('%s', async (name, args, code, answers) => {
    for (const [route, list] of Object.entries(answers)) server.answers.set(route, [...list]);
    const screen = await shows(args, columns);
    await expect(`${screen.text}\n`).toMatchFileSnapshot(`golden/${columns}/${name}.txt`);
    expect(screen.code).toBe(code);
    for (const line of screen.text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });
});

describe('a terminal', () => {
  const list = [{ json: { clients: [CLIENT] } }];

  test('gets colors, and none with NO_COLOR', async () => {
    server.answers.set('GET /clients', list);
    expect((await shows('clients list', 80)).raw).toContain('\u001b[32mok');
    expect((await shows('clients list', 80, { NO_COLOR: '1' })).raw).not.toContain('\u001b[3');
  });

  test('gets its cursor back, also after Ctrl-C', async () => {
    server.answers.set('GET /operations/x', [{ json: RUNNING }]);
    const { raw, text, code } = await shows('ops watch x', 80, {}, { after: 'pullCheck', keys: '\u0003' });
    expect(code).toBe(130);
    expect(text).toContain('The app goes on with it. Look again with:\n    crctl ops watch x');
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
  });

  test.each([
    ['y\r', 0],
    ['n\r', 1],
  ])('is asked before a revocation; the answer is %j', async (keys, expected) => {
    server.answers.set('POST /revocations', [{ status: 202, json: { operations: [] } }]);
    const { code, text } = await shows('revoke plant7registry/press-1', 80, {}, { after: '[y/N]', keys });
    expect(text).toContain('Block plant7registry/press-1? [y/N]');
    expect(code).toBe(expected);
  });

  test('does not show a key that is typed', async () => {
    server.answers.set('GET /operations', [{ json: { operations: [] } }]);
    const env = { CRCTL_KEY: '', CRCTL_CONFIG: '/dev/null/contexts.json' };
    const { raw } = await shows('login --store-key', 80, env, { after: 'Function key:', keys: 'typed-secret\r' });
    expect(raw).toContain('Function key:');
    expect(raw).not.toContain('typed-secret');
  });
});
