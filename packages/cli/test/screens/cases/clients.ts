import type { CheckResult } from '@connected-registry/protocol/answers/clientAnswers';
import type { IssuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import { CLIENT, COMPLETED, PROBLEM, ROLLED_BACK, RUNNING } from '../../fakes/answers.js';
import type { ScreenCase } from '../screenCase.js';

const REFERENCE = { registry: 'myregistry', connectedRegistry: 'plant7registry' };
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

const CHECKED: CheckResult = {
  checked: 3,
  counts: { ok: 1, unbound: 1, drifted: 1 },
  findings: [
    {
      ...REFERENCE,
      client: 'press-1',
      state: 'unbound',
      differences: [{ code: 'binding-missing', expected: 'plant7registry', found: 'none' }],
      fix: 'crctl onboard plant7registry/press-1 --repository hello-world',
    },
    { ...REFERENCE, client: long.client, state: 'drifted', differences: [{ code: 'scope-map-rights' }] },
  ],
  omittedFindings: 0,
  unused: [{ kind: 'scopeMap', registry: 'myregistry', name: 'onb-oven', reason: 'no token has it' }],
  omittedUnused: 0,
  unmanaged: [{ ...REFERENCE, token: 'press-4', fix: 'crctl import --registry myregistry' }],
  warnings: [
    {
      ...REFERENCE,
      code: 'message-ttl-too-short',
      message: 'Messages live for 1 day.',
      fix: 'Set a TTL of 7 days or more.',
    },
  ],
};

const {
  registry: _registry,
  connectedRegistry: _connectedRegistry,
  client: _client,
  ...CHECK
} = {
  ...COMPLETED,
  kind: 'check',
};

const ENROLMENTS: IssuedEnrolments = {
  enrolments: [
    { ...REFERENCE, key: CLIENT.key, client: 'press-1', joinToken: 'secret-1', expiresAt: '2026-12-01T11:00:00.000Z' },
    { ...REFERENCE, key: long.key, client: long.client, problem: { ...PROBLEM, code: 'enrolment-needs-replace' } },
  ],
};

const started = (client: string, more: object) => ({ ...REFERENCE, client, ...more });

const JOINED = {
  kind: 'joined',
  thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  joinedAt: '2027-01-01T08:00:00.000Z',
  keysSince: '2027-01-01T08:00:00.000Z',
  lastContactAt: '2027-02-01T08:00:00.000Z',
};
const POLLER = {
  objectId: '11111111-1111-1111-1111-111111111111',
  since: '2027-01-01T08:00:00.000Z',
  lastContactAt: '2027-02-02T08:00:00.000Z',
};

export const CLIENT_SCREENS: readonly ScreenCase[] = [
  {
    name: 'clients/list',
    args: 'clients list',
    answers: {
      'GET /clients': [{ json: { clients: [CLIENT, long, evil], continuation: 'x' } }, { json: { clients: [] } }],
    },
  },
  {
    name: 'clients/list-reach',
    args: 'clients list --reach',
    answers: {
      'GET /clients': [
        {
          json: {
            clients: [
              { ...CLIENT, reach: JOINED },
              { ...long, reach: { kind: 'eventGrid' } },
              { ...CLIENT, client: 'press-9', reach: { kind: 'poll', poller: POLLER } },
            ],
          },
        },
      ],
    },
  },
  {
    name: 'clients/show',
    args: `clients show ${CLIENT.key}`,
    answers: {
      [`GET /clients/${CLIENT.key}`]: [
        { json: { ...CLIENT, state: 'unbound', bound: false, differences: DIFFERENCES } },
      ],
      [`GET /clients/${CLIENT.key}/operations`]: [{ json: { operations: [RECORDED] } }],
    },
  },
  {
    name: 'clients/rotate',
    args: `rotate plant7registry/press-1 plant7registry/${long.client}`,
    code: 4,
    answers: {
      'POST /rotations': [
        {
          status: 202,
          json: {
            operations: [
              started('press-1', { id: RUNNING.id, status: 'running' }),
              started(long.client, {
                problem: { ...PROBLEM, status: 409, code: 'client-in-rollout', errors: undefined },
              }),
            ],
          },
        },
      ],
    },
  },
  {
    name: 'clients/rotate-wait',
    args: 'rotate plant7registry/press-1 --wait',
    answers: {
      'POST /rotations': [{ status: 202, json: { operations: [started('press-1', { id: 'x', status: 'running' })] } }],
      'GET /operations/x': [{ json: RUNNING }, { json: COMPLETED }],
    },
  },
  {
    name: 'clients/revoke',
    args: 'revoke plant7registry/press-1',
    answers: {
      'POST /revocations': [
        { status: 202, json: { operations: [started('press-1', { id: RUNNING.id, status: 'running' })] } },
      ],
    },
    typed: { after: '[y/N]', keys: 'y\r' },
  },
  {
    name: 'clients/adopt-dry-run',
    args: 'onboard plant7registry/press-4 --token press-4 --adopt --dry-run',
    answers: { 'POST /onboardings': [{ json: ADOPTION }] },
  },
  {
    name: 'clients/check',
    args: 'check --all --wait',
    answers: {
      'POST /checks': [{ status: 202, json: { id: 'x', status: 'running', operations: [] } }],
      'GET /operations/x': [{ json: { ...CHECK, result: CHECKED } }],
    },
  },
  {
    name: 'clients/enrol',
    args: `enrol plant7registry/press-1 plant7registry/${long.client} --out tokens.json`,
    code: 1,
    answers: { 'POST /enrolments': [{ status: 200, json: ENROLMENTS }] },
  },
  {
    name: 'clients/set-poller',
    args: `clients set-poller ${CLIENT.key} 11111111-2222-3333-4444-555555555555`,
    answers: {
      [`PUT /clients/${CLIENT.key}/poller`]: [
        {
          json: {
            key: CLIENT.key,
            poller: { objectId: '11111111-2222-3333-4444-555555555555', since: '2026-11-30T11:00:00.000Z' },
          },
        },
      ],
    },
  },
  {
    name: 'clients/refused',
    args: 'onboard plant7registry/press-1',
    code: 4,
    answers: { 'POST /onboardings': [{ status: 400, json: PROBLEM }] },
  },
];
