import type { Operation } from '@connected-registry/protocol/answers/answers';
import type { ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';

/* Answers of an app, as its schemas have them. */

export const CLIENT: ClientView = {
  key: 'myregistry-plant7registry-press-1-21982a38dae198be',
  registry: 'myregistry',
  connectedRegistry: 'plant7registry',
  client: 'press-1',
  state: 'ok',
  vault: 'edge-vault.vault.azure.net',
  differences: [],
  token: 'plant7-press-1-px1m2o4en72q3z6sm2c',
  scopeMap: { name: 'onb-hello-world', actions: ['repositories/hello-world/content/read'], actionCount: 1 },
  slot: 'password1',
  issuedAt: '2026-11-30T11:00:00.000Z',
  expiresOn: '2027-02-28T11:00:00.000Z',
  bound: true,
  secret: { name: 'myregistry-plant7registry-press-1-21982a38dae198be', isEnabled: true },
  pull: {
    image: 'hello-world:latest',
    digest: `sha256:${'0'.repeat(64)}`,
    bytes: 102_985,
    milliseconds: 21,
    verifiedAt: '2026-11-30T11:00:02.000Z',
  },
};

export const RUNNING: Operation = {
  id: 'myregistry-plant7registry-press-1-21982a38dae198be.0mx2lovfx0inzl8c',
  kind: 'onboard',
  runId: '0mx2lovfx0inzl8c',
  status: 'running',
  phase: 'pullCheck',
  registry: 'myregistry',
  connectedRegistry: 'plant7registry',
  client: 'press-1',
  startedAt: '2026-11-30T11:00:00.000Z',
  steps: [
    {
      name: 'preflight',
      status: 'completed',
      attempts: 1,
      startedAt: '2026-11-30T11:00:00.100Z',
      endedAt: '2026-11-30T11:00:00.400Z',
    },
    {
      name: 'pullCheck',
      status: 'waiting',
      attempts: 2,
      startedAt: '2026-11-30T11:00:01.000Z',
      message: 'The device has not reported yet.',
    },
  ],
};

export const COMPLETED: Operation = {
  ...RUNNING,
  status: 'completed',
  phase: 'completed',
  endedAt: '2026-11-30T11:00:03.000Z',
  steps: RUNNING.steps.map((step) => ({ ...step, status: 'completed', endedAt: '2026-11-30T11:00:02.000Z' })),
  result: {
    scopeMap: 'onb-hello-world',
    token: 'plant7-press-1-px1m2o4en72q3z6sm2c',
    connectedRegistry: 'plant7registry',
    secret: { name: 'secret-1', version: 'v1', slot: 'password1', expiresOn: '2027-02-28T11:00:00.000Z' },
    pull: {
      image: 'hello-world:latest',
      digest: `sha256:${'0'.repeat(64)}`,
      bytes: 102_985,
      milliseconds: 21,
      verifiedAt: '2026-11-30T11:00:02.000Z',
    },
    changed: true,
  },
};

export const ROLLED_BACK: Operation = {
  ...RUNNING,
  status: 'rolledBack',
  phase: 'rolledBack',
  steps: RUNNING.steps.map((step) =>
    step.name === 'pullCheck' ? { ...step, status: 'failed', endedAt: '2026-11-30T11:05:00.000Z' } : step,
  ),
  endedAt: '2026-11-30T11:05:00.000Z',
  failure: {
    code: 'pull-check-deadline',
    message: 'The device did not report in time.',
    residue: [],
    kept: ['scope map onb-hello-world: it existed before'],
  },
};

export const ROLLOUT: Rollout = {
  id: '0mx2lpz8e1f4rung',
  name: 'plant 7',
  kind: 'onboard',
  status: 'running',
  dryRun: false,
  requestedBy: 'function-key',
  requestedAt: '2026-11-30T11:00:00.000Z',
  startedAt: '2026-11-30T11:00:01.000Z',
  rows: 250,
  counts: { waiting: 140, running: 20, completed: 85, failed: 5, cancelled: 0, planned: 0 },
  failures: { 'pull-check-deadline': 4, preflight: 1 },
  wave: { current: 2, of: 4, rows: 100, first: 10, size: 100 },
  ratePerMinute: 31.4,
  secondsLeft: 305,
  writes: { needed: 505, done: 182 },
  floor: { seconds: 42, ratio: 1.14 },
};

export const PROBLEM: ProblemDetails = {
  type: 'urn:connected-registry-onboarding:problem:invalid-request',
  status: 400,
  code: 'invalid-request',
  title: 'The request is not valid.',
  detail: 'Invalid: client. Nothing was started.',
  errors: [{ field: 'client', message: 'is not a valid name', fix: 'It must be the id of the device.' }],
};
