import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { CLIENT } from '../../fakes/answers.js';
import type { FakeApp } from '../../fakes/fakeWorld.js';
import { fakeClient, fakeToken, FleetApp } from '../../fakes/fleetApp.js';
import { fleetText, REGISTRY } from '../../fleet/commands.js';
import type { ScreenCase } from '../screenCase.js';

const PLANT = 'plant7registry';
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: PLANT, client });

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

/**
 * A fleet with a client of each mark: new, different, gone from the file, equal, revoked, changing; and one that adopts
 * a token.
 */
function eachMark(): FleetApp {
  const app = new FleetApp([
    fakeClient(reference('press-2'), { repositories: ['oven'] }),
    fakeClient(reference('press-3')),
    fakeClient(reference('press-gone')),
    { ...fakeClient(reference('press-revoked')), state: 'revoked' },
    { ...fakeClient(reference('press-busy')), state: 'changing', running: 'myregistry-plant7registry.0mrun' },
  ]);
  app.foreignMaps.add('their-map');
  app.putToken(fakeToken(reference(''), 'press-4'));
  return app;
}
const FLEET = fleetText({
  [PLANT]: {
    clients: [
      'press-1',
      'press-2',
      'press-3',
      { client: 'press-4', token: 'press-4', scopeMap: 'by-hand', adopt: true },
      { client: 'press-with-the-scope-map-of-others', scopeMap: 'their-map' },
      'press-revoked',
      'press-busy',
    ],
  },
});

/** The fleet app, whose rollouts run for one look before they have ended. */
function slow(app: FleetApp): FakeApp {
  const looked = new Set<string>();
  return async (request) => {
    const answer = await app.answer(request);
    const isRollout = request.method === 'GET' && /^\/rollouts\/\d+$/.test(request.path);
    if (!isRollout || looked.has(request.path)) return answer;
    looked.add(request.path);
    const { endedAt: _endedAt, ...ended } = answer.json as Rollout;
    if (ended.dryRun) return answer;
    const counts = {
      ...ended.counts,
      completed: ended.rows > 1 ? 1 : 0,
      running: 1,
      waiting: Math.max(0, ended.rows - 2),
    };
    return { json: { ...ended, status: 'running', counts, ratePerMinute: 12 } };
  };
}
const MORE = fleetText({ [PLANT]: { clients: ['press-1', 'press-2', 'press-3', 'press-5'] } });

export const FLEET_SCREENS: readonly ScreenCase[] = [
  {
    name: 'fleet/plan',
    args: 'plan fleet.yaml --equal --prune --max-deletes 2 --out plan.json',
    code: 1,
    app: () => eachMark().answer,
    files: { 'fleet.yaml': FLEET },
  },
  {
    name: 'fleet/apply',
    args: 'apply fleet.yaml --prune --max-deletes 1',
    app: () =>
      slow(new FleetApp([fakeClient(reference('press-2'), { repositories: ['oven'] }), fakeClient(reference('gone'))])),
    files: { 'fleet.yaml': MORE },
    typed: { after: '[y/N]', keys: 'y\r' },
    moments: { question: /\[y\/N\]$/, running: /1 of 4[^]*^floor .*[…)]$/m },
  },
  {
    name: 'fleet/import',
    args: 'import',
    answers: { 'GET /clients': [{ json: { clients: [], unmanaged: UNMANAGED } }, { json: { clients: [CLIENT] } }] },
  },
];
