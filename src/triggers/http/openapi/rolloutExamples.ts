import { FIX_COMMANDS } from '../../../domain/check/fixCommands.js';
import type { z } from 'zod';
import type { Rollout, RolloutClientPage, RolloutPage } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { rolloutBody } from '@connected-registry/protocol/requests/rolloutRequest';
import { OPERATION_ID } from './examples.js';

type Body = z.input<typeof rolloutBody>;

/** Id of a rollout. */
export const ROLLOUT_ID = 'mm7ft4w000ab3cd9';
/** Id of an earlier rollout. */
export const OTHER_ROLLOUT_ID = 'mm61kdc000zz81q2';

export const ONBOARD_REQUEST: Body = {
  name: 'Site Hamburg, gate sensors',
  kind: 'onboard',
  defaults: { connectedRegistry: 'myconnectedregistry', repositories: ['hello-world'] },
  clients: [{ client: 'sensor-7' }, { client: 'sensor-8', repositories: ['hello-world', 'samples/edge'] }],
  waves: { canary: 1, size: 100, pauseSeconds: 600 },
  failureLimit: { percent: 5, minimum: 3 },
};

export const ROTATE_REQUEST: Body = {
  kind: 'rotate',
  select: { connectedRegistry: 'myconnectedregistry', expiresBefore: '2026-04-01T00:00:00Z' },
  waves: { size: 500 },
  startAt: '2026-03-01T20:00:00Z',
  freezeWindows: ['0 6 * * 1-5|PT12H|Europe/Berlin'],
};

export const CSV_REQUEST = `client,connectedRegistry,repositories
sensor-7,myconnectedregistry,hello-world
sensor-8,myconnectedregistry,hello-world samples/edge
`;

const RUNNING: Rollout = {
  id: ROLLOUT_ID,
  name: 'Site Hamburg, gate sensors',
  kind: 'onboard',
  status: 'running',
  dryRun: false,
  requestedBy: 'function-key',
  requestedAt: '2026-03-01T12:00:00.000Z',
  startedAt: '2026-03-01T12:00:01.000Z',
  rows: 300,
  counts: { waiting: 120, running: 60, completed: 119, failed: 1, cancelled: 0, planned: 0 },
  failures: { 'pull-check-deadline': 1 },
  wave: { current: 3, of: 4, rows: 100, first: 1, size: 100 },
  ratePerMinute: 300,
  secondsLeft: 37,
  writes: { needed: 618, done: 247 },
  floor: { seconds: 4.7, ratio: 1.1 },
};

export const PAUSED: Rollout = {
  ...RUNNING,
  status: 'paused',
  reason: 'failure-limit',
  counts: { waiting: 180, running: 0, completed: 100, failed: 20, cancelled: 0, planned: 0 },
  failures: { 'pull-check-deadline': 20 },
};

const { ratePerMinute: _rate, secondsLeft: _left, ...opened } = RUNNING;
export const OPENED: Rollout = {
  ...opened,
  counts: { waiting: 300, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 },
  failures: {},
  wave: { current: 1, of: 4, rows: 1, first: 1, size: 100 },
  writes: { needed: 618, done: 0 },
  floor: { seconds: 0 },
};

export { RUNNING };

export const PAGE: RolloutPage = { rollouts: [RUNNING], continuation: 'eyJwbGFjZSI6e30sImZpbHRlcnMiOiIifQ' };

export const CLIENTS: RolloutClientPage = {
  clients: [
    {
      row: 1,
      registry: 'myregistry',
      connectedRegistry: 'myconnectedregistry',
      client: 'sensor-7',
      state: 'failed',
      operation: OPERATION_ID,
      startedAt: '2026-03-01T12:00:02.000Z',
      code: 'pull-check-deadline',
    },
  ],
};

export const PLANNED_CLIENTS: RolloutClientPage = {
  clients: [
    {
      row: 1,
      registry: 'myregistry',
      connectedRegistry: 'myconnectedregistry',
      client: 'sensor-7',
      state: 'planned',
      writes: [
        'create scope map onb-hello-world-6a1f2b3c4d5e',
        'create token myconnected-sensor-7-0000000000000000000',
      ],
    },
    {
      row: 2,
      registry: 'myregistry',
      connectedRegistry: 'myconnectedregistry',
      client: 'sensor-8',
      state: 'failed',
      code: 'problems',
      problems: ['repository-not-synced'],
      reasons: [
        {
          code: 'repository-not-synced',
          field: 'repositories.oven',
          message: 'oven (content/read) is not in the sync scope of myconnectedregistry.',
          fix: FIX_COMMANDS.addToSyncScope({
            registry: 'myregistry',
            connectedRegistry: 'myconnectedregistry',
            repository: 'oven',
          }),
        },
      ],
    },
  ],
};

export const CANCELLED: Rollout = {
  ...opened,
  status: 'cancelled',
  endedAt: '2026-03-01T12:05:00.000Z',
  counts: { waiting: 0, running: 0, completed: 179, failed: 1, cancelled: 120, planned: 0 },
};
