import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { HealthAnswer } from '@connected-registry/protocol/answers/healthAnswer';
import type { RotationScheduleAnswer } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import { VERSION } from '@connected-registry/protocol/names/version';
import { OVERVIEW } from '../../fakes/overview.js';
import type { ScreenCase } from '../screenCase.js';

const FULL: Overview = {
  ...OVERVIEW,
  connectedRegistries: [
    {
      registry: 'myregistry',
      name: 'plant7registry',
      path: ['plant7registry'],
      connectionState: 'Online',
      activation: 'Active',
      lastSync: '2026-11-30T10:58:00.000Z',
      clients: 8,
      cap: 50,
    },
    ...OVERVIEW.connectedRegistries,
    {
      registry: 'anotherregistrywithalongname',
      name: 'line4',
      parent: 'theoldplantinthenorth',
      path: ['theoldplantinthenorth', 'hall2', 'line4'],
      connectionState: 'Unhealthy',
      activation: 'Inactive',
      clients: 0,
      cap: 50,
    },
  ],
};

const PLACE = { registry: 'myregistry', connectedRegistry: 'plant7registry' };
const SCHEDULE: RotationScheduleAnswer = {
  total: 12,
  clients: [
    {
      ...PLACE,
      client: 'press-1',
      slot: 'password1',
      expiresOn: '2026-12-20T11:00:00.000Z',
      dueAt: '2026-11-20T11:00:00.000Z',
      deadline: '2026-11-29T11:00:00.000Z',
      state: 'late',
      retryAt: '2026-11-30T12:00:00.000Z',
    },
    {
      ...PLACE,
      client: 'a-device-with-a-name-that-is-longer-than-a-terminal-would-like',
      slot: 'password2',
      expiresOn: '2026-12-28T11:00:00.000Z',
      dueAt: '2026-11-28T11:00:00.000Z',
      deadline: '2026-12-07T11:00:00.000Z',
      state: 'deferred',
      deferred: { reason: 'freeze', until: '2026-12-01T06:00:00.000Z' },
      unknown: ['schedule', 'lastSync'],
    },
  ],
};

const HEALTH: HealthAnswer = {
  state: 'faulty',
  rights: [
    { right: 'Microsoft.ContainerRegistry/registries/read', on: 'myregistry', state: 'given' },
    {
      right: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
      on: 'edge-vault',
      identity: '11111111-2222-3333-4444-555555555555',
      state: 'missing',
      reason: 'ForbiddenByRbac',
      fix: 'Give the identity the role Key Vault Secrets Officer on edge-vault.',
    },
    { right: 'Microsoft.ContainerRegistry/registries/tokens/write', on: 'myregistry', state: 'unknown' },
  ],
};

/** What `{URL}` stands for has a port that changes, so the contexts have addresses of their own. */
const CONTEXTS = {
  version: 1,
  current: 'plants',
  contexts: {
    plants: {
      url: 'https://onboarding-plants.azurewebsites.net',
      auth: { kind: 'entra', scope: 'api://11111111-2222-3333-4444-555555555555/.default' },
      registry: 'myregistry',
      connectedRegistry: 'plant7registry',
    },
    test: { url: 'http://localhost:7071', auth: { kind: 'key', from: { kind: 'environment' } } },
  },
};

export const TOOL_SCREENS: readonly ScreenCase[] = [
  { name: 'tool/help', args: '--help' },
  { name: 'tool/onboard-help', args: 'onboard --help' },
  { name: 'tool/unknown-flag', args: 'onboard plant7registry/press-1 --dryrun', code: 2 },
  { name: 'tool/overview', args: 'overview', answers: { 'GET /overview': [{ json: FULL }] } },
  { name: 'tool/schedule', args: 'schedule', answers: { 'GET /rotations/schedule': [{ json: SCHEDULE }] } },
  {
    name: 'tool/doctor',
    args: 'doctor',
    code: 1,
    answers: {
      'GET /openapi.json': [{ json: { info: { version: VERSION } } }],
      'GET /operations': [{ json: { operations: [] } }],
      'GET /health': [{ json: HEALTH }],
    },
  },
  { name: 'tool/contexts', args: 'contexts', files: { 'contexts.json': JSON.stringify(CONTEXTS) } },
  { name: 'tool/use', args: 'use test', files: { 'contexts.json': JSON.stringify(CONTEXTS) } },
];
