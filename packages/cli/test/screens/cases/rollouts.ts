import type { Rollout, RolloutClient } from '@connected-registry/protocol/answers/rolloutAnswers';
import { ROLLOUT, RUNNING } from '../../fakes/answers.js';
import type { ScreenCase } from '../screenCase.js';

const { ratePerMinute: _rate, secondsLeft: _left, ...REST } = ROLLOUT;
const ENDED: Rollout = {
  ...REST,
  status: 'completed',
  counts: { ...ROLLOUT.counts, waiting: 0, running: 0, completed: 245 },
  wave: { current: 4, of: 4, rows: 40, first: 10, size: 100 },
  endedAt: '2026-11-30T11:12:00.000Z',
};
const FAR: Rollout = {
  ...ROLLOUT,
  wave: { current: 3, of: 4, rows: 100, first: 10, size: 100 },
  counts: { ...ROLLOUT.counts, completed: 130, waiting: 95 },
};
/** Of so many waves that not all of them are shown. */
const MANY: Rollout = {
  ...ROLLOUT,
  name: 'all presses of all plants of the north, one after another, and the ovens with them',
  rows: 1000,
  reason: 'between-waves',
  waitsUntil: '2026-11-30T11:30:00.000Z',
  counts: { ...ROLLOUT.counts, completed: 405, failed: 5, running: 0, waiting: 590 },
  wave: { current: 41, of: 100, rows: 10, first: 10, size: 10 },
};

const row = (nth: number, client: string, more: Pick<RolloutClient, 'state'> & Partial<RolloutClient>) => ({
  row: nth,
  registry: 'myregistry',
  connectedRegistry: 'plant7registry',
  client,
  ...more,
});
const ROWS: readonly RolloutClient[] = [
  row(1, 'press-1', { state: 'completed', operation: RUNNING.id }),
  row(2, 'press-2', { state: 'failed', code: 'pull-check-deadline', operation: RUNNING.id }),
  row(3, 'a-device-with-a-name-that-is-longer-than-a-terminal-would-like', { state: 'running' }),
  row(4, 'press-4', { state: 'failed', code: 'problems', problems: ['slots-in-use', 'token-not-adopted'] }),
  row(5, 'press-5', { state: 'waiting' }),
];

/** The lines below the waves: with the last of them a screen is complete, also if the terminal gets it in parts. */
const BELOW = 'wave 4 .* 0 of 40\\nrate .*\\ntime left .*\\nfloor .*\\nfailures .* 1 preflight$';

export const ROLLOUT_SCREENS: readonly ScreenCase[] = [
  {
    name: 'rollouts/list',
    args: 'rollouts list',
    answers: { 'GET /rollouts': [{ json: { rollouts: [ROLLOUT, { ...ENDED, name: undefined }] } }] },
  },
  { name: 'rollouts/show', args: 'rollouts show x', answers: { 'GET /rollouts/x': [{ json: ROLLOUT }] } },
  {
    name: 'rollouts/clients',
    args: 'rollouts clients x',
    answers: { 'GET /rollouts/x/clients': [{ json: { clients: ROWS } }] },
  },
  {
    name: 'rollouts/watch',
    args: 'rollouts watch x',
    code: 1,
    answers: { 'GET /rollouts/x': [{ json: ROLLOUT }, { json: FAR }, { json: ENDED }] },
    moments: {
      second: new RegExp(`90 of 250\\n.*\\n.*\\n.*\\n.* 80 of 100\\n.* 0 of 100\\n${BELOW}`, 'm'),
      third: new RegExp(`135 of 250\\n.*\\n.*\\n.*\\n.* 100 of 100\\n.* 25 of 100\\n${BELOW}`, 'm'),
    },
  },
  {
    name: 'rollouts/watch-many',
    args: 'rollouts watch x --timeout 1',
    code: 5,
    answers: { 'GET /rollouts/x': [{ json: MANY }] },
  },
  {
    name: 'rollouts/start',
    args: 'rollouts start plant7registry/press-1 --kind check',
    answers: { 'POST /rollouts': [{ status: 202, json: { ...ROLLOUT, kind: 'check', status: 'opening' } }] },
  },
];
